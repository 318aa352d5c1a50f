using System.Net;
using Xunit;
using static ComfyStream.Server.Tests.Signaling.Requests;

namespace ComfyStream.Server.Tests.Signaling;

/// <summary>PATCH on sessions: trickle ICE and ICE restart (rows W40 to W54 of docs/protocol-support.md), on the WHIP and on the WHEP side.</summary>
public sealed class IcePatchTests(RunningServer server, IcePatchTests.StrictServer strict) : IClassFixture<RunningServer>, IClassFixture<IcePatchTests.StrictServer>
{
    private const string Known = "a=ice-ufrag:4ZcD\r\na=ice-pwd:2/1muCWoOi3uLifh0NuRHlig\r\n";
    private const string Section = "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n";
    private const string Candidate = "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n";
    private const string Trickle = Known + Section + Candidate;

    public sealed class StrictServer : RunningServer
    {
        public StrictServer() => Options = Options with { SignalingStrict = true };
    }

    public static TheoryData<string> Endpoints => ["/whip", "/whep"];

    public static TheoryData<string, string> BrokenFragments => Cross(
        "", "hello", Section + Candidate, Candidate, "a=end-of-candidates\r\n", "a=ice-ufrag:4ZcD\r\n" + Section, "a=ice-pwd:2/1muCWoOi3uLifh0NuRHlig\r\n",
        Known + "m=audio\r\n", Known + "a=x\0y\r\n", "a=ice-ufrag:4ZcD\r\na=ice-pwd:short\r\n",
        "a=ice-ufrag:4ZcD\r\na=ice-pwd:anotherPasswordOf24Chars\r\n", "a=ice-ufrag:new1\r\na=ice-pwd:2/1muCWoOi3uLifh0NuRHlig\r\n");

    public static TheoryData<string, string> UselessCandidates => Cross(
        "1 1 sctp 1 192.0.2.1 5 typ host", "1 1 udp 1 7c5f0a4e.local 5 typ host", "1 1 udp 1 relay.example.org 5 typ host",
        "1 0 udp 1 192.0.2.1 5 typ host", "1 2 udp 1 192.0.2.1 5 typ host", "1 1 udp 1 fe80::1%eth0 5 typ host", "nonsense");

    public static TheoryData<string, string> Shapes => Cross(
        Trickle,
        Section + Known + Candidate,
        Known + "m=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\n" + Candidate,
        Known + Section + Candidate + "m=audio 9 RTP/AVP 0\r\na=mid:1\r\n" + Candidate,
        Known + Section + "a=end-of-candidates\r\n",
        Known + "a=end-of-candidates\r\n",
        Known,
        Trickle.Replace("\r\n", "\n", StringComparison.Ordinal));

    public static TheoryData<string, string, int> IfMatchForms
    {
        get
        {
            var rows = new TheoryData<string, string, int>();
            foreach (string path in new[] { "/whip", "/whep" })
            {
                rows.Add(path, "*", 204);
                rows.Add(path, "\"*\"", 204);
                rows.Add(path, "TAG", 204);
                rows.Add(path, "\"other\", TAG", 204);
                rows.Add(path, "W/TAG", 412);
                rows.Add(path, "\"other\"", 412);
                rows.Add(path, "\"other\", W/TAG", 412);
                rows.Add(path, "nonsense", 412);
            }
            return rows;
        }
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W40_Candidates_under_the_current_tag_are_204_without_body_and_tag(string path)
    {
        foreach (RunningServer one in new[] { server, strict })
        {
            (Uri session, string tag) = await one.Create(path);
            using HttpResponseMessage response = await one.Patch(session, Trickle, tag);
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
            Assert.Null(response.Headers.ETag);
            Assert.Empty(await response.Content.ReadAsByteArrayAsync(Cancel));
            Assert.Equal("*", Header(response, "Access-Control-Allow-Origin"));
        }
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W41_Candidates_without_a_tag_are_204_and_428_when_strict(string path)
    {
        (Uri session, _) = await server.Create(path);
        using HttpResponseMessage lenient = await server.Patch(session, Trickle, ifMatch: null);
        Assert.Equal(HttpStatusCode.NoContent, lenient.StatusCode);

        (Uri strictSession, _) = await strict.Create(path);
        using HttpResponseMessage refused = await strict.Patch(strictSession, Trickle, ifMatch: null);
        await Expect(refused, HttpStatusCode.PreconditionRequired, "If-Match");
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W41_A_restart_without_a_tag_is_428_always(string path)
    {
        foreach (RunningServer one in new[] { server, strict })
        {
            (Uri session, string tag) = await one.Create(path);
            using HttpResponseMessage response = await one.Patch(session, Restart(1), ifMatch: null);
            await Expect(response, HttpStatusCode.PreconditionRequired, "If-Match");
            await AssertTrickles(one, session, tag);
        }
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W42_Candidates_of_the_session_before_a_restart_are_412(string path)
    {
        (Uri session, string before) = await server.Create(path);
        string after = await RestartTo(session, 1, "*");
        foreach (string? ifMatch in new[] { before, "*", "\"*\"", after })
        {
            using HttpResponseMessage late = await server.Patch(session, Trickle, ifMatch);
            await Expect(late, HttpStatusCode.PreconditionFailed, "restarted");
        }

        using HttpResponseMessage oldTag = await server.Patch(session, Restart(1) + Section + Candidate, before);
        await Expect(oldTag, HttpStatusCode.PreconditionFailed);
        using HttpResponseMessage newTag = await server.Patch(session, Restart(1) + Section + Candidate, after);
        Assert.Equal(HttpStatusCode.NoContent, newTag.StatusCode);
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W43_Another_content_type_is_415_and_says_which_is_taken(string path)
    {
        (Uri session, string tag) = await server.Create(path);
        foreach (string? type in new[] { null, "text/plain", "application/json", "application/trickle-ice-sdpfragx" })
        {
            using HttpResponseMessage response = await server.Patch(session, Trickle, tag, type);
            await Expect(response, HttpStatusCode.UnsupportedMediaType, Fragment);
            Assert.Equal(Fragment, Header(response, "Accept-Patch"));
        }

        using HttpResponseMessage taken = await server.Patch(session, Trickle, tag, "Application/Trickle-ICE-sdpfrag; charset=utf-8");
        Assert.Equal(HttpStatusCode.NoContent, taken.StatusCode);
    }

    [Theory, MemberData(nameof(BrokenFragments))]
    public async Task W44_A_broken_fragment_is_400_and_changes_nothing(string path, string fragment)
    {
        (Uri session, string tag) = await server.Create(path);
        using HttpResponseMessage response = await server.Patch(session, fragment, "*");
        await Expect(response, HttpStatusCode.BadRequest);
        await AssertTrickles(server, session, tag);
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W44_A_fragment_above_64_KiB_is_413(string path)
    {
        (Uri session, string tag) = await server.Create(path);
        using HttpResponseMessage response = await server.Patch(session, Trickle + new string('x', 70_000), tag);
        await Expect(response, HttpStatusCode.RequestEntityTooLarge, "64 KiB");
    }

    [Theory, MemberData(nameof(UselessCandidates))]
    public async Task W45_A_candidate_that_cannot_be_used_is_skipped(string path, string candidate)
    {
        (Uri session, string tag) = await server.Create(path);
        using HttpResponseMessage response = await server.Patch(session, $"{Known}{Section}a=candidate:{candidate}\r\n{Candidate}", tag);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task W46_Every_shape_of_fragment_is_taken(string path, string fragment)
    {
        (Uri session, string tag) = await server.Create(path);
        using HttpResponseMessage trickled = await server.Patch(session, fragment, tag);
        Assert.Equal(HttpStatusCode.NoContent, trickled.StatusCode);

        string restart = fragment.Replace("4ZcD", "5ZcD", StringComparison.Ordinal).Replace("2/1muC", "3/1muC", StringComparison.Ordinal);
        using HttpResponseMessage restarted = await server.Patch(session, restart, "*");
        Assert.Equal(HttpStatusCode.OK, restarted.StatusCode);
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W47_A_restart_is_200_with_a_new_tag_and_our_new_half(string path)
    {
        using HttpResponseMessage created = await server.Post(Endpoint(path, "restart"));
        string answer = await created.Content.ReadAsStringAsync(Cancel);
        using HttpResponseMessage response = await server.Patch(created.Headers.Location!, Restart(1), "*");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Fragment, response.Content.Headers.ContentType?.ToString());
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.False(response.Headers.ETag!.IsWeak);
        Assert.NotEqual(created.Headers.ETag, response.Headers.ETag);

        string fragment = await response.Content.ReadAsStringAsync(Cancel);
        Assert.Equal(fragment.Length, fragment.Replace("\n", "", StringComparison.Ordinal).Replace("\r", "\r\n", StringComparison.Ordinal).Length);
        string[] lines = fragment.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            ["a=ice-lite", Line(answer, "a=ice-options:"), Line(answer, "a=group:"), Line(answer, "m="), Line(answer, "a=mid:")],
            lines[..5]);
        Assert.Matches("^a=ice-ufrag:[A-Za-z0-9+/]{16}$", lines[5]);
        Assert.Matches("^a=ice-pwd:[A-Za-z0-9+/]{24}$", lines[6]);
        Assert.NotEqual(Line(answer, "a=ice-ufrag:"), lines[5]);
        Assert.NotEqual(Line(answer, "a=ice-pwd:"), lines[6]);
        Assert.Equal(answer.Split("\r\n").Where(line => line.StartsWith("a=candidate:", StringComparison.Ordinal)), lines[7..^1]);
        Assert.Equal("a=end-of-candidates", lines[^1]);
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W47_A_restart_under_the_current_tag_is_taken_too(string path)
    {
        foreach (RunningServer one in new[] { server, strict })
        {
            (Uri session, string tag) = await one.Create(path);
            using HttpResponseMessage response = await one.Patch(session, Restart(1), tag);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W49_A_restart_that_is_refused_keeps_the_session(string path)
    {
        (Uri session, string tag) = await server.Create(path);
        using HttpResponseMessage refused = await server.Patch(session, "a=ice-lite\r\n" + Restart(1), "*");
        await Expect(refused, HttpStatusCode.BadRequest);
        await AssertTrickles(server, session, tag);
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W50_Both_trickle_and_restart_are_served_and_announced(string path)
    {
        (Uri session, _) = await server.Create(path);
        using HttpResponseMessage options = await server.Send("OPTIONS", session);
        Assert.Equal(HttpStatusCode.OK, options.StatusCode);
        Assert.Equal(Fragment, Header(options, "Accept-Patch"));
        Assert.Contains("PATCH", options.Content.Headers.Allow);
    }

    [Theory, MemberData(nameof(IfMatchForms))]
    public async Task W51_If_Match_is_compared_in_all_its_forms(string path, string ifMatch, int status)
    {
        (Uri session, string tag) = await server.Create(path);
        using HttpResponseMessage response = await server.Patch(session, Trickle, ifMatch.Replace("TAG", tag, StringComparison.Ordinal));
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("/whip", "a=ice-lite\r\n")]
    [InlineData("/whip", "a=ice-pacing:20\r\n")]
    [InlineData("/whip", "a=ice-options:renomination\r\n")]
    [InlineData("/whep", "a=ice-lite\r\n")]
    [InlineData("/whep", "a=ice-pacing:20\r\n")]
    [InlineData("/whep", "a=ice-options:trickle ice2\r\n")]
    public async Task W52_What_differs_from_the_offer_is_400(string path, string line)
    {
        (Uri session, string tag) = await server.Create(path);
        using HttpResponseMessage trickled = await server.Patch(session, line + Trickle, tag);
        await Expect(trickled, HttpStatusCode.BadRequest);
        using HttpResponseMessage restarted = await server.Patch(session, line + Restart(1), "*");
        await Expect(restarted, HttpStatusCode.BadRequest);
        await AssertTrickles(server, session, tag);
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W52_What_is_as_in_the_offer_is_taken(string path)
    {
        (Uri session, string tag) = await server.Create(path, OfferFor(path).Replace("s=-\r\nt=0 0\r\n", "s=-\r\nt=0 0\r\na=ice-pacing:20\r\n", StringComparison.Ordinal));
        using HttpResponseMessage response = await server.Patch(session, "a=ice-options:trickle\r\na=ice-pacing:20\r\n" + Trickle, tag);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W53_E8_SDP_by_PATCH_is_415_and_the_session_lives(string path)
    {
        (Uri session, string tag) = await server.Create(path);
        using HttpResponseMessage response = await server.Patch(session, OfferFor(path), tag, "application/sdp");
        await Expect(response, HttpStatusCode.UnsupportedMediaType, Fragment);
        await AssertTrickles(server, session, tag);
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W54_Restarts_that_race_follow_one_another_and_the_last_one_counts(string path)
    {
        (Uri session, string tag) = await server.Create(path);
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(number => server.Patch(session, Restart(number), "*")));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        string[] tags = [.. answers.Select(answer => Header(answer, "ETag"))];
        Assert.Equal(8, tags.Append(tag).Distinct().Count() - 1);

        // Of the winner's credentials and tag exactly one pair is left; the losers learn of it by 412.
        int[] statuses = await Task.WhenAll(Enumerable.Range(1, 8).Select(async number =>
        {
            using HttpResponseMessage trickled = await server.Patch(session, Restart(number) + Section + Candidate, tags[number - 1]);
            return (int)trickled.StatusCode;
        }));
        Assert.Equal([204, .. Enumerable.Repeat(412, 7)], statuses.Order());
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W54_Of_restarts_that_race_under_one_tag_one_is_taken(string path)
    {
        (Uri session, string tag) = await server.Create(path);
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(number => server.Patch(session, Restart(number), tag)));
        Assert.Equal([200, .. Enumerable.Repeat(412, 7)], answers.Select(answer => (int)answer.StatusCode).Order());
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task Regression_28_A_restart_that_races_with_DELETE_brings_nothing_back(string path)
    {
        for (int round = 0; round < 20; round++)
        {
            (Uri session, _) = await server.Create(path);
            Task<HttpResponseMessage> patching = server.Patch(session, Restart(1), "*");
            using HttpResponseMessage deleted = await server.Send("DELETE", session);
            using HttpResponseMessage patched = await patching;
            Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
            Assert.Contains(patched.StatusCode, new[] { HttpStatusCode.OK, HttpStatusCode.NotFound });
            using HttpResponseMessage asked = await server.Send("GET", session);
            Assert.Equal(HttpStatusCode.NotFound, asked.StatusCode);
            using HttpResponseMessage late = await server.Patch(session, Restart(2), "*");
            await Expect(late, HttpStatusCode.NotFound);
        }
    }

    private static string Restart(int number) => $"a=ice-ufrag:new{number}\r\na=ice-pwd:newPassword0123456789{number:00}\r\n";

    private static string Line(string sdp, string start) => sdp.Split("\r\n").First(line => line.StartsWith(start, StringComparison.Ordinal));

    private static TheoryData<string, string> Cross(params string[] values)
    {
        var rows = new TheoryData<string, string>();
        foreach (string value in values)
        {
            rows.Add("/whip", value);
            rows.Add("/whep", value);
        }
        return rows;
    }

    private static async Task AssertTrickles(RunningServer one, Uri session, string tag)
    {
        using HttpResponseMessage response = await one.Patch(session, Trickle, tag);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    private async Task<string> RestartTo(Uri session, int number, string ifMatch)
    {
        using HttpResponseMessage response = await server.Patch(session, Restart(number), ifMatch);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return Header(response, "ETag");
    }
}
