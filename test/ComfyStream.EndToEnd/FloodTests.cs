using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using ComfyStream.EndToEnd.Crowds;
using ComfyStream.EndToEnd.Films;
using ComfyStream.EndToEnd.Processes;

namespace ComfyStream.EndToEnd;

/// <summary>Those who watch while somebody floods the relay: with offers, and its media port with STUN, DTLS and whatever else.</summary>
public sealed class FloodTests(RelayProcess relay) : RelayTests(relay), IClassFixture<RelayProcess>
{
    private const int Watching = 3;
    private const int Posts = 10_000;
    private const int AtOnce = 8;

    // As long as the offers take, at a rate that leaves the flood's own process a share of a small machine.
    private const int Datagrams = 200_000;
    private const int DatagramsPerSecond = 20_000;

    private static readonly Lazy<Film> _film = new(() => Film.Shoot(new Scene("green", 640, 360, HasGrain: true), bitRate: 600_000));

    [Fact]
    public async Task T2_W67_Ten_thousand_offers_and_a_flood_of_ClientHellos_and_STUN_cost_three_viewers_no_picture_and_leave_nothing()
    {
        await using FilmPublisher publisher = await FilmPublisher.StartAsync(Relay.Whip("calm"), _film.Value, heedsRequests: false);
        await using var audience = new Audience(_film.Value);
        await audience.JoinAsync(Relay.Whep("calm"), Watching, 10);

        await using ChildProcess stranger = PeerProcess.Start("flood.py", Relay.Whep("calm"), Offer, $"{Datagrams}", $"{DatagramsPerSecond}");
        await stranger.LineWithAsync("flooding", Eventually.Limit);
        (Attendance before, int sent) = (audience.Total, publisher.PicturesSent);
        ConcurrentDictionary<HttpStatusCode, int> answers = await FloodAsync();
        JsonElement flood = await PeerProcess.ResultAsync(stranger);
        sent = publisher.PicturesSent - sent;
        await Eventually.PassesAsync<object>(() => Task.FromResult<object>(audience.Total - before), seen => ((Attendance)seen).Pictures >= Watching * sent, $"{Watching} viewers get {sent} pictures");
        Attendance seen = audience.Total - before;

        TestContext.Current.SendDiagnosticMessage($"flood: {flood}; offers: {string.Join(", ", answers)}; seen: {seen} of {sent}");
        Assert.Equal((Datagrams, 0), (flood.GetProperty("sent").GetInt32(), flood.GetProperty("answered").GetInt32()));
        Assert.Equal((0, 0, 0), (seen.Missing, seen.Foreign, publisher.FramesDropped));
        Assert.Empty(answers.Keys.Except([HttpStatusCode.Created, HttpStatusCode.TooManyRequests, HttpStatusCode.ServiceUnavailable]));
        Assert.InRange(answers.GetValueOrDefault(HttpStatusCode.Created), 1, 2048);

        // Each is given up 15 s after it came.
        await Eventually.PassesAsync<string>(
            () => Relay.Http.GetStringAsync("/whep-stats", TestContext.Current.CancellationToken),
            stats => stats.Split("\"created_at\"").Length - 1 == Watching,
            "only those who watch are left",
            TimeSpan.FromSeconds(60));
    }

    private async Task<ConcurrentDictionary<HttpStatusCode, int>> FloodAsync()
    {
        var answers = new ConcurrentDictionary<HttpStatusCode, int>();
        await Parallel.ForEachAsync(Enumerable.Range(0, Posts), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken }, async (_, cancellation) =>
        {
            using var offer = new StringContent(Offer);
            offer.Headers.ContentType = new MediaTypeHeaderValue("application/sdp");
            using HttpResponseMessage response = await Relay.Http.PostAsync(Relay.Whep("calm"), offer, cancellation);
            answers.AddOrUpdate(response.StatusCode, 1, (_, count) => count + 1);
        });
        return answers;
    }

    private static string Offer { get; } =
        """
        v=0
        o=- 1 2 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0
        m=video 9 UDP/TLS/RTP/SAVPF 102
        c=IN IP4 0.0.0.0
        a=ice-ufrag:4ZcD
        a=ice-pwd:2/1muCWoOi3uLifh0NuRHlig
        a=fingerprint:sha-256 75:74:5A:A6:A4:E5:52:F4:A7:67:4C:01:C7:EE:91:3F:21:3D:A2:E3:53:7B:6F:30:86:F2:30:AA:65:FB:04:24
        a=setup:actpass
        a=mid:0
        a=recvonly
        a=rtcp-mux
        a=rtpmap:102 H264/90000
        a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f

        """.ReplaceLineEndings("\r\n");
}
