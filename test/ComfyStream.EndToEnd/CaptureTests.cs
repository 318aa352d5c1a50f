using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using ComfyStream.EndToEnd.Browser;
using ComfyStream.EndToEnd.Processes;

namespace ComfyStream.EndToEnd;

/// <summary>What a call looks like to a stranger's dissector. Debian package: tshark; capturing takes the right to do so.</summary>
public sealed partial class CaptureTests(CaptureTests.PlainRelay relay, Chromium chromium) : RelayTests(relay), IClassFixture<CaptureTests.PlainRelay>
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    /// <summary>Sends every datagram by itself: on the loopback interface several that leave as one message are captured as one.</summary>
    public sealed class PlainRelay() : RelayProcess(["--socket-mode", "batched"]);

    [Fact]
    public async Task In_a_whole_call_tshark_finds_no_malformed_frame_and_no_error()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("comfystream-e2e-").FullName, "call.pcapng");
        await using BrowserSession browser = await chromium.OpenAsync();
        string port = MediaPort().Match(Relay.Lines.First(MediaPort().IsMatch)).Groups[1].Value;
        await using ChildProcess capture = ChildProcess.Start("dumpcap", "-q", "-i", "lo", "-f", $"udp port {port}", "-w", file);
        await Eventually.PassesAsync(() => Task.FromResult(capture.Tail), _ => File.Exists(file) || capture.HasExited, "the capture begins");
        Assert.SkipWhen(capture.HasExited, $"Capturing is not allowed here: {capture.Tail}");

        LabPage publisher = await browser.PublishAsync(Relay.Whip("seen", "invert"), "quadrants", withSound: true);
        LabPage viewer = await browser.WatchAsync(Relay.Whep("seen"));
        await viewer.FramesAsync(60);
        await viewer.RestartIceAsync();
        await viewer.FramesAsync(30);
        await viewer.EndAsync();
        await publisher.EndAsync();
        capture.Signal(PosixSignal.SIGINT);
        await capture.ExitAsync(_limit);

        string[] kinds = await DissectAsync(file, "frame", "frame.protocols");
        foreach (string kind in (string[])[":stun", ":dtls", ":rtp", ":rtcp"])
            Assert.Contains(kinds, line => line.Contains(kind, StringComparison.Ordinal));
        Assert.DoesNotContain(kinds, line => line.EndsWith(":udp", StringComparison.Ordinal) || line.EndsWith(":data", StringComparison.Ordinal));
        // Of SRTCP only the first header is in clear text (RFC 3711 3.4), and tshark takes what follows for RTCP as well.
        Assert.Empty(await DissectAsync(file, "!rtcp && !srtcp && (_ws.malformed || _ws.expert.severity == \"Error\")", "frame.number", "frame.protocols", "_ws.expert.message"));
        Assert.Empty(await DissectAsync(file, "(rtcp || srtcp) && !(rtcp.version == 2 && rtcp.pt in {200..206})", "frame.number", "rtcp.pt"));
        Assert.Empty(await DissectAsync(file, "rtp && !(rtp.version == 2 && (rtp.ext == 0 || rtp.ext.profile == 0xbede))", "frame.number", "rtp.ext.profile"));
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [GeneratedRegex(@"\bUDP port (\d+);")]
    private static partial Regex MediaPort();

    /// <summary>Fields of the frames that pass a filter, a line each.</summary>
    private static async Task<string[]> DissectAsync(string file, string filter, params string[] fields)
    {
        await using ChildProcess tshark = ChildProcess.Start("tshark", ["-r", file, "-n", "--enable-heuristic", "rtp_udp", "--enable-heuristic", "rtcp_udp", "-Y", filter, "-T", "fields", .. fields.SelectMany(field => new[] { "-e", field })]);
        int code = await tshark.ExitAsync(_limit);
        Assert.True(code == 0, tshark.Tail);
        return [.. tshark.Lines.Where(line => !line.StartsWith("Running as user", StringComparison.Ordinal))];
    }
}
