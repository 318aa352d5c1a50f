using System.Runtime.InteropServices;

namespace ComfyStream.Benchmarks;

/// <summary>What it was measured on.</summary>
internal static class Machine
{
    /// <summary>Cores, load and system: figures of a busy machine are to be known as such.</summary>
    public static string Description =>
        $"{Environment.ProcessorCount} cores of {Processor}, load {File.ReadAllText("/proc/loadavg").Split(' ')[0]}, Linux {Environment.OSVersion.Version}, {RuntimeInformation.FrameworkDescription}";

    private static string Processor =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[^1].Trim() ?? "an unknown processor";
}
