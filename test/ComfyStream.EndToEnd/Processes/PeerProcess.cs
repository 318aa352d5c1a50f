using System.Text.Json;

namespace ComfyStream.EndToEnd.Processes;

/// <summary>A WebRTC client of another make: a script of the folder Peers, run by Debian's Python.</summary>
internal static class PeerProcess
{
    private const string Python = "/usr/bin/python3";
    private const string ResultMark = "result ";
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(90);

    public static ChildProcess Start(string script, params IEnumerable<string> arguments) =>
        ChildProcess.Start(Python, ["-u", Path.Combine(AppContext.BaseDirectory, "Peers", script), .. arguments]);

    /// <summary>Runs a script to its end and returns the JSON that it printed.</summary>
    public static async Task<JsonElement> RunAsync(string script, params IEnumerable<string> arguments)
    {
        await using ChildProcess peer = Start(script, arguments);
        return await ResultAsync(peer);
    }

    /// <summary>Waits until a script has ended and returns the JSON that it printed.</summary>
    public static async Task<JsonElement> ResultAsync(ChildProcess peer)
    {
        int code = await peer.ExitAsync(_limit);
        string? result = peer.Lines.FirstOrDefault(line => line.StartsWith(ResultMark, StringComparison.Ordinal));
        Assert.True(code == 0 && result is not null, $"The script ended with {code}:\n{peer.Tail}");
        return JsonDocument.Parse(result[ResultMark.Length..]).RootElement;
    }
}
