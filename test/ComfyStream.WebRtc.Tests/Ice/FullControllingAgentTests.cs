using System.Net;
using System.Text;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Stun;
using ComfyStream.WebRtc.Tests.Stun;
using Xunit;
using static ComfyStream.WebRtc.Tests.Ice.IceTestPeer;

namespace ComfyStream.WebRtc.Tests.Ice;

public sealed class FullControllingAgentTests
{
    private static readonly TransportAddress s_local = Address(1, 6000);
    private static readonly TransportAddress s_first = Address(10, 8890);
    private static readonly TransportAddress s_second = Address(11, 8890);

    private TimeSpan _now = TimeSpan.FromSeconds(100);

    [Fact]
    public void A_check_names_both_sides_its_role_and_its_priority_and_is_signed_for_the_peer()
    {
        IceAgent agent = Make(s_first);
        (Transmit transmit, byte[] bytes) = Assert.Single(RunUntilSent(agent));

        Assert.Equal(new TransportPath(s_local, s_first), transmit.Path);
        StunMessage check = Parse(bytes);
        Assert.Equal(StunClass.Request, check.Class);
        Assert.Equal("theirs:ourUserFragment1", Encoding.ASCII.GetString(check.Username));
        Assert.Equal(0x6EFF_FFFFu, check.Priority);
        Assert.Equal(42UL, check.IceControlling);
        Assert.False(check.HasUseCandidate);
        Assert.True(check.VerifyIntegrity(Encoding.ASCII.GetBytes(Theirs.Password)));
        Assert.True(check.HasFingerprint && check.VerifyFingerprintIfPresent());
    }

    [Fact]
    public void New_pairs_are_checked_at_a_pace()
    {
        IceAgent agent = Make(s_first, s_second, Address(12, 8890));
        Assert.Single(RunUntilSent(agent));
        TimeSpan first = _now;
        Assert.Single(RunUntilSent(agent));
        Assert.Equal(ConnectivityCheckList.Pace, _now - first);
        Assert.Single(RunUntilSent(agent));
        Assert.Equal(ConnectivityCheckList.Pace * 2, _now - first);
    }

    [Fact]
    public void The_candidate_of_the_higher_priority_is_checked_first()
    {
        IceAgent agent = MakeWith(Candidate(s_first, priority: 1), Candidate(s_second, priority: 2));

        Assert.Equal(s_second, Assert.Single(RunUntilSent(agent)).Transmit.Path.Remote);
    }

    [Fact]
    public void Tcp_candidates_and_other_address_families_are_not_checked()
    {
        var ipv6 = TransportAddress.From(IPAddress.IPv6Loopback, 1);
        IceAgent agent = MakeWith(Candidate(s_first) with { IsTcp = true }, Candidate(ipv6), Candidate(s_second));

        Assert.Equal(s_second, Assert.Single(RunFor(agent, TimeSpan.FromMilliseconds(400))).Transmit.Path.Remote);
    }

    [Fact]
    public void A_socket_of_both_families_checks_candidates_of_both()
    {
        var ipv6 = TransportAddress.From(IPAddress.IPv6Loopback, 1);
        var agent = new IceAgent(IceRole.FullControlling, Ours, Theirs, [Candidate(ipv6), Candidate(s_second)], 42);
        agent.AddLocalAddress(TransportAddress.From(IPAddress.IPv6Any, 6000));

        Assert.Equal(2, RunFor(agent, TimeSpan.FromMilliseconds(400)).Count);
    }

    [Fact]
    public void An_unanswered_check_is_repeated_unchanged_after_growing_times()
    {
        IceAgent agent = Make(s_first);
        var times = new List<TimeSpan>();
        byte[]? first = null;
        for (int send = 0; send < 5; send++)
        {
            byte[] bytes = Assert.Single(RunUntilSent(agent)).Bytes;
            first ??= bytes;
            Assert.Equal(first, bytes);
            times.Add(_now);
        }

        Assert.Equal([500.0, 1000, 1000, 1000], times.Zip(times.Skip(1), (from, to) => (to - from).TotalMilliseconds));
    }

    [Fact]
    public void The_first_answered_pair_is_nominated_and_selected_when_that_is_answered()
    {
        IceAgent agent = Make(s_first, s_second);
        List<(Transmit Transmit, byte[] Bytes)> checks = RunFor(agent, TimeSpan.FromMilliseconds(50));
        Assert.Equal(2, checks.Count);

        Assert.True(Answer(agent, checks[1]));
        Assert.True(agent.IsValidated(checks[1].Transmit.Path));
        Assert.False(agent.TryGetSelectedPath(out _));
        (Transmit Transmit, byte[] Bytes) nomination = Assert.Single(agent.TakeAll());
        Assert.True(Parse(nomination.Bytes).HasUseCandidate);
        Assert.NotEqual(Parse(checks[1].Bytes).TransactionId, Parse(nomination.Bytes).TransactionId);

        Assert.True(Answer(agent, checks[0]));
        Assert.Empty(agent.TakeAll());
        Assert.True(Answer(agent, nomination));
        Assert.True(agent.TryGetSelectedPath(out TransportPath selected));
        Assert.Equal(nomination.Transmit.Path, selected);
    }

    [Fact]
    public void The_local_address_that_the_answer_hit_becomes_the_paths()
    {
        var socket = TransportAddress.From(IPAddress.Any, 6000);
        var agent = new IceAgent(IceRole.FullControlling, Ours, Theirs, [Candidate(s_first)], 42);
        agent.AddLocalAddress(socket);
        Connect(agent, transmit => transmit.Path with { Local = s_local });

        Assert.True(agent.TryGetSelectedPath(out TransportPath selected));
        Assert.Equal(new TransportPath(s_local, s_first), selected);
        Assert.True(agent.IsValidated(selected));
        Assert.Equal(s_local, Assert.Single(RunUntilSent(agent)).Transmit.Path.Local);
    }

    [Fact]
    public void A_nomination_that_stays_unanswered_gives_way_to_another_pair()
    {
        IceAgent agent = Make(s_first, s_second);
        List<(Transmit Transmit, byte[] Bytes)> checks = RunFor(agent, TimeSpan.FromMilliseconds(50));
        Answer(agent, checks[0]);
        Answer(agent, checks[1]);

        (Transmit Transmit, byte[] Bytes) other = RunFor(agent, TimeSpan.FromSeconds(5))
            .First(message => message.Transmit.Path.Remote == s_second && Parse(message.Bytes).HasUseCandidate);
        Assert.True(Answer(agent, other));
        Assert.True(agent.TryGetSelectedPath(out TransportPath selected));
        Assert.Equal(s_second, selected.Remote);
    }

    [Fact]
    public void A_refused_nomination_gives_way_to_another_pair_at_once()
    {
        IceAgent agent = Make(s_first, s_second);
        List<(Transmit Transmit, byte[] Bytes)> checks = RunFor(agent, TimeSpan.FromMilliseconds(50));
        Answer(agent, checks[0]);
        Answer(agent, checks[1]);
        Refuse(agent, Assert.Single(agent.TakeAll()), code: 400);

        Assert.Equal(s_second, Assert.Single(agent.TakeAll()).Transmit.Path.Remote);
    }

    [Fact]
    public void An_answer_with_the_wrong_integrity_or_transaction_or_source_does_not_count()
    {
        IceAgent agent = Make(s_first);
        (Transmit Transmit, byte[] Bytes) check = Assert.Single(RunUntilSent(agent));
        byte[] good = Response(check.Bytes, 0x0101).WithIntegrity(Theirs.Password).WithFingerprint().Build();

        Assert.False(agent.HandleStun(_now, check.Transmit.Path, Response(check.Bytes, 0x0101).Build()));
        Assert.False(agent.HandleStun(_now, check.Transmit.Path, Response(check.Bytes, 0x0101).WithIntegrity(Ours.Password).Build()));
        Assert.False(agent.HandleStun(_now, check.Transmit.Path, new StunDatagram(0x0101).WithIntegrity(Theirs.Password).Build()));
        agent.HandleStun(_now, check.Transmit.Path with { Remote = s_second }, good);
        foreach (int bit in BitsThatMatter(good))
        {
            byte[] changed = [.. good];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(agent.HandleStun(_now, check.Transmit.Path, changed));
        }

        Assert.False(agent.TryGetValidatedPath(out _));
        Assert.Empty(agent.TakeAll());
        Assert.True(agent.HandleStun(_now, check.Transmit.Path, good));
        Assert.True(agent.TryGetValidatedPath(out _));
    }

    [Fact]
    public void Told_of_a_role_conflict_it_asks_again_later_in_its_role()
    {
        IceAgent agent = Make(s_first);
        (Transmit Transmit, byte[] Bytes) check = Assert.Single(RunUntilSent(agent));
        Refuse(agent, check, code: 487);
        TimeSpan refusedAt = _now;

        (Transmit Transmit, byte[] Bytes) again = Assert.Single(RunUntilSent(agent));
        Assert.Equal(TimeSpan.FromMilliseconds(500), _now - refusedAt);
        Assert.Equal(42UL, Parse(again.Bytes).IceControlling);
        Assert.NotEqual(Parse(check.Bytes).TransactionId, Parse(again.Bytes).TransactionId);
        Assert.True(Answer(agent, again));
    }

    [Fact]
    public void A_peer_that_believes_to_be_controlling_is_told_of_the_conflict()
    {
        IceAgent agent = Make();
        Assert.True(agent.HandleStun(_now, IceTestPeer.Path, Check().Signed()));

        Assert.Equal(StunErrorCode.RoleConflict, Parse(Assert.Single(agent.TakeAll()).Bytes).ErrorCode);
        Assert.False(agent.IsValidated(IceTestPeer.Path));
    }

    [Fact]
    public void A_check_of_an_unknown_peer_address_is_answered_and_returned()
    {
        IceAgent agent = Make();
        agent.HandleDeadline(_now);
        Assert.True(agent.HandleStun(_now, IceTestPeer.Path, UnsignedCheck().WithPriority().WithControlled().Signed()));

        List<(Transmit Transmit, byte[] Bytes)> sent = [.. agent.TakeAll(), .. RunUntilSent(agent)];
        Assert.Equal([StunClass.SuccessResponse, StunClass.Request], sent.Select(message => Parse(message.Bytes).Class));
        Assert.All(sent, message => Assert.Equal(IceTestPeer.Path, message.Transmit.Path));
    }

    [Fact]
    public void A_pair_that_the_peer_checked_is_checked_before_better_ones()
    {
        IceAgent agent = MakeWith(Candidate(s_first, priority: 3), Candidate(s_second, priority: 2));
        agent.HandleStun(_now, new TransportPath(s_local, s_second), UnsignedCheck().WithControlled().Signed());
        agent.TakeAll();

        Assert.Equal(s_second, Assert.Single(RunUntilSent(agent)).Transmit.Path.Remote);
    }

    [Fact]
    public void A_flood_of_peer_addresses_makes_no_more_pairs_than_allowed()
    {
        IceAgent agent = Make();
        for (int port = 1; port <= 200; port++)
            agent.HandleStun(_now, MakePath(port), UnsignedCheck().WithControlled().Signed());
        agent.TakeAll();

        int remotes = RunFor(agent, TimeSpan.FromSeconds(2)).Select(message => message.Transmit.Path.Remote).Distinct().Count();
        Assert.Equal(ConnectivityCheckList.MaxPairs, remotes);
    }

    [Fact]
    public void Consent_is_asked_for_about_every_five_seconds_each_time_anew()
    {
        IceAgent agent = Make(s_first);
        Connect(agent);
        var times = new List<TimeSpan> { _now };
        var transactions = new HashSet<StunTransactionId>();
        for (int check = 0; check < 20; check++)
        {
            (Transmit Transmit, byte[] Bytes) consent = Assert.Single(RunUntilSent(agent));
            Assert.False(Parse(consent.Bytes).HasUseCandidate);
            Assert.True(transactions.Add(Parse(consent.Bytes).TransactionId));
            times.Add(_now);
            if (check % 2 == 0)
                Assert.True(Answer(agent, consent));
        }

        List<double> intervals = [.. times.Zip(times.Skip(1), (from, to) => (to - from).TotalSeconds)];
        Assert.All(intervals, seconds => Assert.InRange(seconds, 4.0, 6.0));
        Assert.True(intervals.Max() - intervals.Min() > 0.5);
        Assert.False(agent.HasFailed);
    }

    [Fact]
    public void Checks_of_the_peer_are_answered_after_selection_without_new_checks()
    {
        IceAgent agent = Make(s_first);
        Connect(agent);
        agent.HandleStun(_now, new TransportPath(s_local, s_first), UnsignedCheck().WithControlled().Signed());
        agent.HandleStun(_now, new TransportPath(s_local, s_second), UnsignedCheck().WithControlled().Signed());

        Assert.All(agent.TakeAll(), message => Assert.Equal(StunClass.SuccessResponse, Parse(message.Bytes).Class));
        agent.HandleDeadline(_now);
        Assert.Empty(agent.TakeAll());
        Assert.True(agent.TryGetSelectedPath(out TransportPath selected));
        Assert.Equal(s_first, selected.Remote);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Without_an_answer_it_fails_in_time_and_falls_silent(int candidates)
    {
        IceAgent agent = MakeWith([.. Enumerable.Range(0, candidates).Select(index => Candidate(Address(10, 1000 + index)))]);
        agent.HandleDeadline(_now);
        TimeSpan start = _now;
        RunFor(agent, ConnectivityCheckList.GiveUpAfter - TimeSpan.FromTicks(1));
        Assert.False(agent.HasFailed);

        RunFor(agent, TimeSpan.FromTicks(1));
        Assert.True(agent.HasFailed);
        Assert.Equal(start + ConnectivityCheckList.GiveUpAfter, _now);
        Assert.Equal(TimeSpan.MaxValue, agent.NextDeadline);
    }

    [Fact]
    public void Consent_checks_and_their_answers_allocate_nothing()
    {
        IceAgent agent = Make(s_first);
        Connect(agent);
        var buffer = new byte[2048];
        Exchange(100);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Exchange(1000);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Exchange(int rounds)
        {
            for (int round = 0; round < rounds; round++)
            {
                _now = agent.NextDeadline;
                agent.HandleDeadline(_now);
                while (agent.TryGetTransmit(buffer, out Transmit transmit))
                {
                    var response = new StunMessageWriter(
                        buffer.AsSpan(1024), StunClass.SuccessResponse, StunTransactionId.Read(buffer.AsSpan(8)));
                    response.WriteXorMappedAddress(s_local);
                    response.WriteMessageIntegrity("theirPassword012345678901"u8);
                    agent.HandleStun(_now, transmit.Path, buffer.AsSpan(1024, response.ByteCount));
                }
            }
        }
    }

    private static IceCandidate Candidate(TransportAddress address, uint priority = 2130706431) => new("1", false, priority, address);

    private static IceAgent Make(params TransportAddress[] remotes) => MakeWith([.. remotes.Select(remote => Candidate(remote))]);

    private static IceAgent MakeWith(params IceCandidate[] remotes)
    {
        var agent = new IceAgent(IceRole.FullControlling, Ours, Theirs, remotes, tieBreaker: 42);
        agent.AddLocalAddress(s_local);
        return agent;
    }

    private static StunDatagram Response(byte[] request, ushort type) =>
        new StunDatagram(type).WithTransaction(request.AsSpan(8, 12));

    private bool Answer(IceAgent agent, (Transmit Transmit, byte[] Bytes) request, TransportPath? path = null) => agent.HandleStun(
        _now,
        path ?? request.Transmit.Path,
        Response(request.Bytes, 0x0101).With(0x0020, 0, 1, 0, 0, 0, 0, 0, 0).WithIntegrity(Theirs.Password).WithFingerprint().Build());

    private void Refuse(IceAgent agent, (Transmit Transmit, byte[] Bytes) request, int code) => Assert.True(agent.HandleStun(
        _now,
        request.Transmit.Path,
        Response(request.Bytes, 0x0111).With(0x0009, 0, 0, (byte)(code / 100), (byte)(code % 100)).WithIntegrity(Theirs.Password).Build()));

    private void Connect(IceAgent agent, Func<Transmit, TransportPath>? receivedOn = null)
    {
        while (!agent.TryGetSelectedPath(out _))
        {
            foreach ((Transmit Transmit, byte[] Bytes) request in RunUntilSent(agent))
                Assert.True(Answer(agent, request, receivedOn?.Invoke(request.Transmit)));
        }
    }

    private List<(Transmit Transmit, byte[] Bytes)> RunUntilSent(IceAgent agent)
    {
        List<(Transmit, byte[])> sent = agent.TakeAll();
        while (sent.Count == 0 && !agent.HasFailed)
        {
            _now = Later(_now, agent.NextDeadline);
            agent.HandleDeadline(_now);
            sent = agent.TakeAll();
        }

        return sent;
    }

    private List<(Transmit Transmit, byte[] Bytes)> RunFor(IceAgent agent, TimeSpan duration)
    {
        TimeSpan end = _now + duration;
        List<(Transmit, byte[])> sent = agent.TakeAll();
        while (agent.NextDeadline <= end)
        {
            _now = Later(_now, agent.NextDeadline);
            agent.HandleDeadline(_now);
            sent.AddRange(agent.TakeAll());
        }

        _now = end;
        return sent;
    }

    private static TimeSpan Later(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
