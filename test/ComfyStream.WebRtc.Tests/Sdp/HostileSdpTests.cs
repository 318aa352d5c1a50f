using System.Text;
using ComfyStream.WebRtc.Sdp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Sdp;

/// <summary>Broken and hostile descriptions: never an exception, always a verdict, and what is accepted holds together.</summary>
public sealed class HostileSdpTests
{
    private static readonly string[] s_splices =
    [
        "\r\n", "\n", "\r", "\0", " ", ":", "/", "*", "=", "a=", "m=", "m=audio 9 UDP/TLS/RTP/SAVPF 0", "999999999999", "-1", "128", "é", "\ud800",
        "a=mid:0\r\n", "a=rtpmap:96 ", "a=fmtp:", "a=group:BUNDLE", "a=candidate:", "a=fingerprint:sha-256 ", "a=ssrc-group:FID ", "a=inactive\r\n", "a=bundle-only\r\n",
    ];

    public static TheoryData<string> All => OfferCorpus.All;

    [Theory]
    [MemberData(nameof(All))]
    public void An_offer_cut_off_at_any_length_never_throws(string name)
    {
        string offer = OfferCorpus.Get(name);
        for (int length = 0; length < offer.Length; length++)
            CheckVerdict(offer.AsSpan(0, length), OfferCorpus.Role(name));
    }

    [Fact]
    public void An_offer_cut_off_before_its_first_section_is_malformed()
    {
        string offer = OfferCorpus.Get("ChromePublish");
        int sections = offer.IndexOf("m=", StringComparison.Ordinal);
        for (int length = 0; length <= sections; length++)
            SdpTest.Refuse(offer[..length], MediaRole.Receive, NegotiationFailure.Malformed);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Changed_characters_never_throw(string name)
    {
        char[] offer = OfferCorpus.Get(name).ToCharArray();
        for (int i = 0; i < offer.Length; i++)
        {
            char original = offer[i];
            ReadOnlySpan<char> replacements = ['\0', '\n', ' ', '9', ':', (char)(original ^ 1), '\uffff'];
            offer[i] = replacements[i % replacements.Length];
            CheckVerdict(offer, OfferCorpus.Role(name));
            offer[i] = original;
        }
    }

    [Fact]
    public void Random_mutations_never_throw()
    {
        var random = new Random(20260807);
        string[] offers = [.. OfferCorpus.Names.Select(OfferCorpus.Get)];
        for (int round = 0; round < 5_000; round++)
        {
            var text = new StringBuilder(offers[random.Next(offers.Length)]);
            for (int change = random.Next(1, 6); change > 0; change--)
                Mutate(text, random, offers);

            CheckVerdict(text.ToString(), random.Next(2) == 0 ? MediaRole.Receive : MediaRole.Send);
        }
    }

    [Fact]
    public void Parsing_is_linear_in_the_length_of_the_text()
    {
        // Work shows as allocation here: each kind of line that makes an object, repeated up to the line limit.
        foreach (string line in (string[])["a=group:BUNDLE a b c", "a=candidate:1 1 udp 1 192.0.2.1 9 typ host", "a=rtcp-fb:* nack", "a=ssrc:1 cname:x", "a=extmap:1 u", "a=unknown:x"])
        {
            long half = AllocatedBytes(Repeat(line, 450));
            long whole = AllocatedBytes(Repeat(line, 900));
            Assert.InRange(whole, 0, (half * 3) + 4096);
        }

        static string Repeat(string line, int count) =>
            OfferCorpus.Get("Obs31") + string.Concat(Enumerable.Repeat(line + "\r\n", count));

        static long AllocatedBytes(string sdp)
        {
            Assert.True(SdpReader.TryParse(sdp, out _, out string problem), problem);
            long before = GC.GetAllocatedBytesForCurrentThread();
            SdpReader.TryParse(sdp, out _, out _);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void Thirty_two_candidates_are_kept_of_many()
    {
        string many = string.Concat(Enumerable.Range(1, 500).Select(i => $"a=candidate:{i} 1 udp {i} 192.0.2.1 {i} typ host\r\n"));
        Assert.Equal(32, SdpTest.Publish(OfferCorpus.Get("Obs31") + many).Session.RemoteCandidates.Count);
    }

    [Fact]
    public void The_answer_stays_small_when_every_payload_type_is_ours()
    {
        string formats = string.Join(' ', Enumerable.Range(0, 128).Where(i => i != 111));
        string maps = string.Concat(Enumerable.Range(0, 128).Where(i => i != 111).Select(i => $"a=rtpmap:{i} H264/90000\r\na=fmtp:{i} packetization-mode=1;profile-level-id=42e01f\r\n"));
        string offer = OfferCorpus.Get("Obs31").With("SAVPF 96\r\n", $"SAVPF {formats}\r\n").Without("a=rtpmap:96").Without("a=fmtp:96") + maps;
        NegotiationResult.Success result = SdpTest.Publish(offer);
        Assert.Equal(16, result.Session.Find(MediaKind.Video)!.Codecs.Count);
        Assert.True(result.AnswerSdp.Length < 8192);
    }

    /// <summary>Either a refusal with a reason, or an answer that our reader takes and a session that is complete.</summary>
    private static void CheckVerdict(ReadOnlySpan<char> offer, MediaRole role)
    {
        NegotiationResult result = Negotiator.Answer(offer, SdpTest.AnswerOptions(role));
        if (result is NegotiationResult.Failure failure)
        {
            Assert.EndsWith(".", failure.Detail);
            Assert.DoesNotContain('\n', failure.Detail);
            return;
        }

        var success = (NegotiationResult.Success)result;
        Assert.True(SdpReader.TryParse(success.AnswerSdp, out _, out string problem), problem);
        Assert.InRange(success.Session.Media.Count, 1, 2);
        Assert.NotEmpty(success.Session.RemoteFingerprints);
        Assert.InRange(success.Session.RemoteIce.Password.Length, 22, 256);
        Assert.All(success.Session.Media, media => Assert.NotEmpty(media.Codecs));
    }

    private static void Mutate(StringBuilder text, Random random, string[] offers)
    {
        int at = random.Next(text.Length + 1);
        int count = Math.Min(random.Next(1, 60), text.Length - at);
        switch (random.Next(5))
        {
            case 0:
                text.Remove(at, count);
                break;
            case 1:
                text.Insert(at, s_splices[random.Next(s_splices.Length)]);
                break;
            case 2:
                text.Insert(at, text.ToString(at, count));
                break;
            case 3 when at < text.Length:
                text[at] = (char)random.Next(256);
                break;
            default:
                string other = offers[random.Next(offers.Length)];
                int from = random.Next(other.Length);
                text.Insert(at, other.AsSpan(from, Math.Min(200, other.Length - from)));
                break;
        }
    }
}
