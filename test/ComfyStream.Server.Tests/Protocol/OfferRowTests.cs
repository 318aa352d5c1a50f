using ComfyStream.Server.Tests.Signaling;
using Xunit;
using static ComfyStream.Server.Tests.Signaling.Requests;

namespace ComfyStream.Server.Tests.Protocol;

/// <summary>
/// Statuses of offers (rows W20 to W36 of docs/protocol-support.md), on the side for which they are meant. What the answers hold is tested where they
/// are made, in the SDP tests.
/// </summary>
public sealed class OfferRowTests(RunningServer server) : IClassFixture<RunningServer>
{
    private static readonly Row[] _rows =
    [
        new("W20", "sendonly", offer => offer, 201),
        new("W20", "sendrecv", offer => offer.Replace("a=sendonly", "a=sendrecv", StringComparison.Ordinal), 201),
        new("W21", "recvonly", offer => offer.Replace("a=sendonly", "a=recvonly", StringComparison.Ordinal), 422),
        new("W21", "inactive", offer => offer.Replace("a=sendonly", "a=inactive", StringComparison.Ordinal), 422),
        new("W22", "two of one kind", offer => offer.Replace("m=audio", "m=video", StringComparison.Ordinal), 422),
        new("W22", "two streams", offer => offer.Replace("a=mid:0", "a=mid:0\r\na=msid:one t", StringComparison.Ordinal).Replace("a=mid:1", "a=mid:1\r\na=msid:two t", StringComparison.Ordinal), 422),
        new("W23", "no common codec", offer => offer.Replace("opus/48000/2", "speex/16000", StringComparison.Ordinal), 422),
        new("W24", "one kind", offer => offer[..offer.IndexOf("m=video", StringComparison.Ordinal)].Replace("BUNDLE 0 1", "BUNDLE 0", StringComparison.Ordinal), 201),
        new("W25", "bundle-only", offer => offer.Replace("m=video 9", "m=video 0", StringComparison.Ordinal).Replace("a=mid:1", "a=mid:1\r\na=bundle-only", StringComparison.Ordinal), 201),
        new("W26", "missing mid in the bundle", offer => offer.Replace("BUNDLE 0 1", "BUNDLE 0 1 2", StringComparison.Ordinal), 201),
        new("W27", "no bundle", offer => offer.Replace("a=group:BUNDLE 0 1\r\n", "", StringComparison.Ordinal), 422),
        new("W28", "no rtcp-mux", offer => offer.Replace("a=rtcp-mux\r\n", "", StringComparison.Ordinal), 422),
        new("W29", "actpass", offer => offer, 201),
        new("W30", "active", offer => offer.Replace("setup:actpass", "setup:active", StringComparison.Ordinal), 201),
        new("W31", "passive", offer => offer.Replace("setup:actpass", "setup:passive", StringComparison.Ordinal), 201),
        new("W32", "holdconn", offer => offer.Replace("setup:actpass", "setup:holdconn", StringComparison.Ordinal), 422),
        new("W32", "no setup", offer => offer.Replace("a=setup:actpass\r\n", "", StringComparison.Ordinal), 422),
        new("W32", "no fingerprint", offer => offer.Replace("a=fingerprint:", "a=other:", StringComparison.Ordinal), 422),
        new("W32", "unknown hash", offer => offer.Replace("sha-256", "md5", StringComparison.Ordinal), 422),
        new("W33", "simulcast", offer => offer.Replace("a=mid:1", "a=mid:1\r\na=rid:a send\r\na=rid:b send\r\na=simulcast:send a;b", StringComparison.Ordinal), 201),
        new("W34", "names, bandwidth, line feeds", offer => offer.Replace("s=-", "s=My stream\r\nb=AS:900", StringComparison.Ordinal).Replace("\r\n", "\n", StringComparison.Ordinal), 201),
        new("W34", "mids that are no numbers", offer => offer.Replace("BUNDLE 0 1", "BUNDLE audio video0", StringComparison.Ordinal).Replace("mid:0", "mid:audio", StringComparison.Ordinal).Replace("mid:1", "mid:video0", StringComparison.Ordinal), 201),
        new("W35", "fmtp without rtpmap, static types, feedback for all", offer => offer.Replace("SAVPF 111", "SAVPF 111 0 8", StringComparison.Ordinal) + "a=fmtp:120 x=1\r\na=rtcp-fb:* nack\r\na=rtcp-fb:* nack\r\n", 201),
        new("W36", "payload type above 127", offer => offer.Replace("96 102", "96 102 128", StringComparison.Ordinal), 400),
        new("W36", "one mid twice", offer => offer.Replace("a=mid:1", "a=mid:0", StringComparison.Ordinal), 400),
        new("W36", "more than 1000 lines", offer => offer + string.Concat(Enumerable.Repeat("a=x\r\n", 1000)), 400),
    ];

    public static TheoryData<string, string> Rows => [.. _rows.Select(row => new TheoryDataRow<string, string>(row.Id, row.What))];

    [Theory, MemberData(nameof(Rows))]
    public async Task W20_to_W36_Every_offer_gets_its_status(string id, string what)
    {
        Row row = _rows.Single(row => row.Id == id && row.What == what);
        string publishes = row.Change(Offers.Publish);
        string watches = publishes.Contains("a=sendrecv", StringComparison.Ordinal) || what == "inactive" ? publishes
            : id == "W21" ? row.Change(Offers.Publish).Replace("a=recvonly", "a=sendonly", StringComparison.Ordinal)
            : publishes.Replace("a=sendonly", "a=recvonly", StringComparison.Ordinal);

        using HttpResponseMessage published = await server.Post(Endpoint("/whip", "rows"), publishes);
        Assert.Equal(row.Status, (int)published.StatusCode);

        // A viewer's offer may name streams: they are not what it is sent.
        using HttpResponseMessage watched = await server.Post(Endpoint("/whep", "rows"), watches);
        Assert.Equal(what == "two streams" ? 201 : row.Status, (int)watched.StatusCode);
    }

    private sealed record Row(string Id, string What, Func<string, string> Change, int Status);
}
