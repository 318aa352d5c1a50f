using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using ComfyStream.Benchmarks.Relaying;

namespace ComfyStream.Benchmarks.FanOut;

/// <summary>bench/limit/limit.c, built for this run: the same packets with nothing else around them.</summary>
internal sealed class LimitProgram : IDisposable
{
    private const int MostSockets = 64;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly string _folder;

    private LimitProgram(string folder) => _folder = folder;

    private string Executable => Path.Combine(_folder, "limit");

    /// <summary>Builds it by gcc; null, and why, when that cannot be.</summary>
    public static async Task<(LimitProgram? Program, string Problem)> TryBuildAsync()
    {
        var program = new LimitProgram(Directory.CreateTempSubdirectory("comfystream-limit-").FullName);
        string source = Path.Combine(Repository.Root, "bench", "limit", "limit.c");
        string problem;
        try
        {
            (int code, _, string errors) = await RunAsync("gcc", ["-O2", "-pthread", source, "-o", program.Executable, "-ldl"], input: "");
            problem = code == 0 ? "" : $"gcc could not build {source}: {errors.Trim()}";
        }
        catch (Win32Exception)
        {
            problem = "there is no gcc, so the limit was not measured (Debian: apt-get install gcc libc6-dev)";
        }

        if (problem.Length == 0)
            return (program, problem);
        program.Dispose();
        return (null, problem);
    }

    /// <summary>CPU microseconds of a packet, and the share of the bytes that the receivers got; null, and said on standard error, when it failed.</summary>
    public async Task<LimitFigures?> MeasureAsync(PacketMix mix, int destinations, double seconds, string profile, bool coalesces)
    {
        int sockets = Math.Min(MostSockets, (destinations + CountedViewers.PerLoop - 1) / CountedViewers.PerLoop);
        string[] arguments = [$"{destinations}", seconds.ToString(CultureInfo.InvariantCulture), profile, coalesces ? "1" : "0", $"{sockets}"];
        (int code, string output, string errors) = await RunAsync(Executable, arguments, mix.ToMessages());
        string[] figures = output.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (code != 0 || figures.Length != 5)
        {
            Console.Error.WriteLine($"The limit could not be measured: {errors.Trim()}");
            return null;
        }

        double[] values = [.. figures.Select(figure => double.Parse(figure, CultureInfo.InvariantCulture))];
        return new LimitFigures(values[1] / values[0] / 1000, values[3] / values[2]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string program, string[] arguments, string input)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            using var limit = new CancellationTokenSource(_patience);
            Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
            Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.StandardInput.WriteAsync(input.AsMemory(), limit.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            return (-1, "", $"it did not end within {_patience.TotalSeconds} s");
        }
        catch (IOException)
        {
            // It ended before it had read everything: its exit code and its words say why.
            await process.WaitForExitAsync();
            return (process.ExitCode, "", await process.StandardError.ReadToEndAsync());
        }
    }
}

/// <summary>What the limit program found.</summary>
/// <param name="CpuMicroseconds">CPU of the sending thread for a packet.</param>
/// <param name="Delivered">Share of the bytes that came.</param>
internal sealed record LimitFigures(double CpuMicroseconds, double Delivered);
