using System.Diagnostics;
using System.Text.RegularExpressions;
using ComfyStream.WebRtc.Srtp.Ciphers;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Srtp;

/// <summary>Processors without our own implementation of AES: all tests of SRTP once more, in a process that is told to have none of its instructions.</summary>
public sealed class PlainProcessorTests
{
    private const string Switch = "DOTNET_EnableHWIntrinsic";

    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task All_tests_of_SRTP_pass_on_a_processor_without_AES_instructions()
    {
        if (Environment.GetEnvironmentVariable(Switch) == "0")
        {
            Assert.False(AesX86.IsSupported);
            Assert.IsType<Aes128GcmPlatform>(Aes128Gcm.Create(new byte[16]));
            Assert.IsType<Aes128CounterPlatform>(Aes128Counter.Create(new byte[16]));
            return;
        }

        var start = new ProcessStartInfo("dotnet", [typeof(PlainProcessorTests).Assembly.Location, "-namespace", typeof(PlainProcessorTests).Namespace!])
        {
            RedirectStandardOutput = true,
            Environment = { [Switch] = "0" },
        };
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(_limit, TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, output);
        Assert.Matches(new Regex("Total: [0-9]{2,}, Errors: 0, Failed: 0"), output);
    }
}
