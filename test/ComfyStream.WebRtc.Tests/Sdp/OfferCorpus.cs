using ComfyStream.WebRtc.Sdp;
using ComfyStream.WebRtc.Tests.Sdp.Offers;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Sdp;

/// <summary>Offers in the shape of real clients, recreated; line ends are LF here and CRLF in <see cref="Get"/>.</summary>
internal static class OfferCorpus
{
    private static readonly Dictionary<string, string> s_publishers = new()
    {
        [nameof(ChromePublish)] = ChromePublish.Sdp,
        [nameof(FirefoxPublish)] = FirefoxPublish.Sdp,
        [nameof(Obs31)] = Obs31.Sdp,
        [nameof(Obs30)] = Obs30.Sdp,
        [nameof(FFmpeg80)] = FFmpeg80.Sdp,
        [nameof(FFmpeg80VideoOnly)] = FFmpeg80VideoOnly.Sdp,
        [nameof(GStreamerPublish)] = GStreamerPublish.Sdp,
        [nameof(AiortcPublish)] = AiortcPublish.Sdp,
        [nameof(SimpleWhipClient)] = SimpleWhipClient.Sdp,
        [nameof(MaxBundle)] = MaxBundle.Sdp,
    };

    private static readonly Dictionary<string, string> s_viewers = new()
    {
        [nameof(ChromeView)] = ChromeView.Sdp,
        [nameof(FirefoxView)] = FirefoxView.Sdp,
        [nameof(SafariView)] = SafariView.Sdp,
        [nameof(GStreamerWhepSrc)] = GStreamerWhepSrc.Sdp,
        [nameof(AiortcView)] = AiortcView.Sdp,
        [nameof(MediaMtxReader)] = MediaMtxReader.Sdp,
    };

    public static TheoryData<string> Publishers => [.. s_publishers.Keys];

    public static TheoryData<string> Viewers => [.. s_viewers.Keys];

    public static TheoryData<string> All => [.. Names];

    public static IEnumerable<string> Names => s_publishers.Keys.Concat(s_viewers.Keys);

    public static string Get(string name) => Crlf(s_publishers.GetValueOrDefault(name) ?? s_viewers[name]);

    public static MediaRole Role(string name) => s_publishers.ContainsKey(name) ? MediaRole.Receive : MediaRole.Send;

    public static string Crlf(string sdp) => sdp.ReplaceLineEndings("\r\n");
}
