using System.Runtime.InteropServices;

namespace ComfyStream.Transport.Tests;

/// <summary>Lets the kernel refuse a system call to the calling thread, as a container's seccomp profile does.</summary>
internal static unsafe partial class SystemCallFilter
{
    private const int PrSetSeccomp = 22;
    private const int PrSetNoNewPrivileges = 38;
    private const int SeccompModeFilter = 2;
    private const uint RefuseAsUnknown = 0x00050000 | 38;
    private const uint Allow = 0x7FFF0000;

    // BPF: load a word of the call's description; jump unless equal; return.
    private const ushort Load = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort Return = 0x06;
    private const uint NumberOffset = 0;
    private const uint Argument1Offset = 24;
    private const uint Argument2Offset = 32;
    private const int SolUdp = 17;
    private const int UdpSegment = 103;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>Forbids sendmmsg.</summary>
    public static void WithoutSendMany() => Forbid((NumberOffset, IsArm ? 269u : 307u));

    /// <summary>Forbids recvmmsg.</summary>
    public static void WithoutReceiveMany() => Forbid((NumberOffset, IsArm ? 243u : 299u));

    /// <summary>Forbids setsockopt of UDP_SEGMENT, as a kernel does that does not know it.</summary>
    public static void WithoutUdpSegment() => Forbid((NumberOffset, IsArm ? 208u : 54u), (Argument1Offset, SolUdp), (Argument2Offset, UdpSegment));

    private static void Forbid(params (uint Offset, uint Value)[] conditions)
    {
        List<Instruction> program = [];
        for (int i = 0; i < conditions.Length; i++)
        {
            program.Add(new Instruction { Code = Load, Operand = conditions[i].Offset });
            int toAllow = 2 * (conditions.Length - 1 - i) + 1;
            program.Add(new Instruction { Code = JumpIfEqual, JumpIfFalse = (byte)toAllow, Operand = conditions[i].Value });
        }

        program.Add(new Instruction { Code = Return, Operand = RefuseAsUnknown });
        program.Add(new Instruction { Code = Return, Operand = Allow });
        fixed (Instruction* first = program.ToArray())
        {
            var filter = new Filter { Count = (ushort)program.Count, First = first };
            Assert.Equal(0, ControlProcess(PrSetNoNewPrivileges, 1, 0, 0, 0));
            Assert.Equal(0, ControlProcess(PrSetSeccomp, SeccompModeFilter, (nint)(&filter), 0, 0));
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int ControlProcess(int option, nint argument2, nint argument3, nint argument4, nint argument5);

    [StructLayout(LayoutKind.Sequential)]
    private struct Instruction
    {
        public ushort Code;
        public byte JumpIfTrue;
        public byte JumpIfFalse;
        public uint Operand;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Filter
    {
        public ushort Count;
        public Instruction* First;
    }
}
