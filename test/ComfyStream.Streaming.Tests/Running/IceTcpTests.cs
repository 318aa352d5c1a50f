using System.Globalization;
using System.Net;

namespace ComfyStream.Streaming.Tests.Running;

/// <summary>What clients are told of ICE-TCP. That they play over it, the tests of Transport and of Chromium show.</summary>
[Collection(OneRelayAtATime.Name)]
public sealed class IceTcpTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Row_4_4_1_an_answer_has_passive_TCP_candidates_behind_those_of_UDP_and_below_them()
    {
        await using var test = new TestRelay(options => options with
        {
            IceTcpPort = 0,
            EventLoops = 2,
            Advertise = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")],
        });
        int port = test.Relay.IceTcpEndPoint!.Port;
        for (int i = 0; i < 4; i++)
        {
            string[][] candidates = await CandidatesAsync(test);
            Assert.Equal(["udp", "udp", "tcp", "tcp"], candidates.Select(words => words[2]));
            Assert.Equal(["192.0.2.1", "2001:db8::1", "192.0.2.1", "2001:db8::1"], candidates.Select(words => words[4]));
            Assert.All(candidates.Skip(2), words => Assert.Equal([$"{port}", "typ", "host", "tcptype", "passive"], words[5..]));
            uint[] priorities = [.. candidates.Select(words => uint.Parse(words[3], CultureInfo.InvariantCulture))];
            Assert.Equal(priorities.OrderDescending(), priorities);
            Assert.Equal(4, priorities.Distinct().Count());
            Assert.Equal(4, candidates.Select(words => words[0]).Distinct().Count());
        }
    }

    [Fact]
    public async Task Row_4_4_1_without_a_TCP_port_there_are_no_TCP_candidates()
    {
        await using var test = new TestRelay();
        Assert.Null(test.Relay.IceTcpEndPoint);
        Assert.All(await CandidatesAsync(test), words => Assert.Equal("udp", words[2]));
    }

    [Fact]
    public async Task Row_4_4_1_a_user_fragment_names_its_loop_also_after_a_restart()
    {
        await using var test = new TestRelay(options => options with { IceTcpPort = 0, EventLoops = 3 });
        var first = new HashSet<char>();
        for (int i = 0; i < 12; i++)
        {
            SessionResult session = await SubscribeAsync(test);
            string before = session.IceTag;
            first.Add(before[0]);
            string fragment = $"a=ice-ufrag:other{i}\r\na=ice-pwd:012345678901234567890{i:00}\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n";
            IcePatchResult restart = await test.Relay.PatchAsync(SessionKind.Subscriber, session.Id, new IcePatch(fragment, ["*"], IsStrict: false));
            Assert.Equal(IcePatchOutcome.Restarted, restart.Outcome);
            Assert.NotEqual(before, restart.IceTag);
            Assert.Equal(before[0], restart.IceTag[0]);
            Assert.Contains("tcptype passive", restart.Fragment, StringComparison.Ordinal);
        }

        Assert.Equal(['A', 'B', 'C'], first.Order());
    }

    private static async Task<SessionResult> SubscribeAsync(TestRelay test)
    {
        SessionResult result = await test.Relay.SubscribeAsync(new SubscribeRequest("cam", Offers.Make(only: null, publishes: false), TestWorkflow.Passthrough), Cancellation);
        Assert.Equal(SessionOutcome.Created, result.Outcome);
        return result;
    }

    private static async Task<string[][]> CandidatesAsync(TestRelay test) =>
    [
        .. (await SubscribeAsync(test)).AnswerSdp.Split("\r\n")
            .Where(line => line.StartsWith("a=candidate:", StringComparison.Ordinal))
            .Select(line => line["a=candidate:".Length..].Split(' ')),
    ];
}
