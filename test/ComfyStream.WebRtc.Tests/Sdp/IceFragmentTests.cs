using System.Text;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Sdp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Sdp;

/// <summary>Fragments (RFC 8840 9) in the shapes of clients, and broken ones.</summary>
public sealed class IceFragmentTests
{
    private const string Credentials = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n";
    private const string Candidate = "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1\r\n";

    public static TheoryData<string, string> Shapes => new()
    {
        { "at session level, made-up m-line", Credentials + "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n" + Candidate },
        { "at media level, real m-line", "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9\r\na=mid:0\r\n" + Credentials + Candidate },
        { "media level, m-line with payload type 0", "m=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n" + Credentials + Candidate },
        { "every mid repeats the candidate", Credentials + "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n" + Candidate + "m=audio 9 RTP/AVP 0\r\na=mid:1\r\n" + Candidate },
        { "data channel's m-line", Credentials + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n" + Candidate },
        { "both levels the same", Credentials + "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n" + Credentials + Candidate },
        { "options, group, line feeds only, end", ("a=ice-options:trickle ice2\r\na=group:BUNDLE 0 1\r\n" + Credentials + "m=audio 9 RTP/AVP 0\r\n" + Candidate + "a=end-of-candidates\r\n").Replace("\r\n", "\n", StringComparison.Ordinal) },
        { "blank lines and fields that mean nothing here", "\r\n" + Credentials + "s=-\r\nm=audio 9 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n" + Candidate + "\r\n" },
    };

    public static TheoryData<string> Broken =>
    [
        "",
        "hello",
        "{\"candidate\":\"\"}",
        "a=end-of-candidates\r\n",
        Candidate,
        "a=ice-ufrag:EsAw\r\n" + Candidate,
        "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n" + Candidate,
        "a=ice-ufrag:Es\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n",
        "a=ice-ufrag:EsAw\r\na=ice-pwd:short\r\n",
        "a=ice-ufrag:EsAw\r\nm=audio 9 RTP/AVP 0\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n",
        Credentials + "m=audio 9 RTP/AVP 0\r\na=ice-ufrag:Other\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n",
        Credentials + "m=audio\r\n",
        Credentials + "a=x\0y\r\n",
        Credentials + "garbage\r\n",
    ];

    [Theory, MemberData(nameof(Shapes))]
    public void W46_Every_shape_of_clients_is_read(string shape, string text)
    {
        Assert.True(IceFragmentReader.TryParse(text, out IceFragment? fragment, out string problem), $"{shape}: {problem}");
        Assert.Equal(new IceCredentials("EsAw", "P2uYro0UCOQ4zxjKXaWCBui1"), fragment.Credentials);
        Assert.Equal(61764, Assert.Single(fragment.Candidates).Address.Port);
    }

    [Theory]
    [InlineData(Credentials, false)]
    [InlineData(Credentials + "a=end-of-candidates\r\n", true)]
    [InlineData(Credentials + "m=audio 9 RTP/AVP 0\r\na=mid:0\r\na=end-of-candidates\r\n", true)]
    public void W46_A_fragment_may_be_without_candidates(string text, bool isEnd)
    {
        Assert.True(IceFragmentReader.TryParse(text, out IceFragment? fragment, out _));
        Assert.Empty(fragment.Candidates);
        Assert.Equal(isEnd, fragment.EndOfCandidates);
    }

    [Theory, MemberData(nameof(Broken))]
    public void W44_A_broken_fragment_is_refused_saying_what_is_wrong(string text)
    {
        Assert.False(IceFragmentReader.TryParse(text, out IceFragment? fragment, out string problem));
        Assert.Null(fragment);
        Assert.EndsWith(".", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1 1 udp 1 aaaa.local 1 typ host")]
    [InlineData("1 1 udp 1 example.org 1 typ host")]
    [InlineData("1 2 udp 1 192.0.2.9 1 typ host")]
    [InlineData("1 0 udp 1 192.0.2.9 1 typ host")]
    [InlineData("1 1 sctp 1 192.0.2.9 1 typ host")]
    [InlineData("1 1 udp 1 fe80::1%eth0 1 typ host")]
    [InlineData("garbage")]
    public void W45_A_candidate_that_cannot_be_used_is_skipped_and_the_rest_is_taken(string candidate)
    {
        Assert.True(IceFragmentReader.TryParse(Credentials + "m=audio 9 RTP/AVP 0\r\n" + $"a=candidate:{candidate}\r\n" + Candidate, out IceFragment? fragment, out _));
        Assert.Equal("192.0.2.1", Assert.Single(fragment.Candidates).Address.ToIPAddress().ToString());
    }

    [Fact]
    public void No_more_candidates_are_kept_than_of_an_offer()
    {
        IEnumerable<string> lines = Enumerable.Range(1, 300).Select(port => $"a=candidate:1 1 udp 1 192.0.2.1 {port} typ host\r\n");
        Assert.True(IceFragmentReader.TryParse(Credentials + "m=audio 9 RTP/AVP 0\r\n" + string.Concat(lines), out IceFragment? fragment, out _));
        Assert.Equal(32, fragment.Candidates.Count);
    }

    [Fact]
    public void Options_pacing_and_lite_are_read()
    {
        Assert.True(IceFragmentReader.TryParse("a=ice-lite\r\na=ice-pacing:50\r\na=ice-options:trickle,ice2\r\n" + Credentials, out IceFragment? fragment, out _));
        Assert.True(fragment.IceLite);
        Assert.Equal("50", fragment.IcePacing);
        Assert.Equal(["trickle", "ice2"], fragment.IceOptions);
    }

    [Fact]
    public void Damaged_fragments_never_throw_and_what_is_taken_holds_together()
    {
        byte[] valid = Encoding.UTF8.GetBytes("a=ice-options:trickle\r\n" + Credentials + "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n" + Candidate + "a=end-of-candidates\r\n");
        for (int length = 0; length < valid.Length; length++)
            Check(valid[..length]);
        var random = new Random(8840);
        for (int round = 0; round < 20_000; round++)
            Check(Mutation.Of(valid, random));
    }

    private static void Check(byte[] bytes)
    {
        bool isRead = IceFragmentReader.TryParse(Encoding.Latin1.GetString(bytes), out IceFragment? fragment, out string problem);
        Assert.Equal(isRead, problem.Length == 0);
        if (!isRead)
            return;
        Assert.InRange(fragment!.Credentials.UserFragment.Length, 4, 256);
        Assert.InRange(fragment.Credentials.Password.Length, 22, 256);
        Assert.InRange(fragment.Candidates.Count, 0, 32);
    }
}
