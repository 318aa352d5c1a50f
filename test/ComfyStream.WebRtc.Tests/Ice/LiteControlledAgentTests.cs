using System.Text;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Stun;
using ComfyStream.WebRtc.Tests.Stun;
using Xunit;
using static ComfyStream.WebRtc.Tests.Ice.IceTestPeer;

namespace ComfyStream.WebRtc.Tests.Ice;

public sealed class LiteControlledAgentTests
{
    private readonly IceAgent _agent = MakeLite();

    [Fact]
    public void T14_a_check_is_answered_on_its_path_with_its_source_address_signed_by_us()
    {
        byte[] check = Check(transaction: 9).Signed();
        Assert.True(Handle(check));

        (Transmit transmit, byte[] bytes) = Assert.Single(_agent.TakeAll());
        Assert.Equal(IceTestPeer.Path, transmit.Path);
        Assert.Equal(bytes.Length, transmit.SegmentSizeBytes);
        StunMessage response = Parse(bytes);
        Assert.Equal(StunClass.SuccessResponse, response.Class);
        Assert.Equal(Parse(check).TransactionId, response.TransactionId);
        Assert.Equal(IceTestPeer.Path.Remote, response.XorMappedAddress);
        Assert.True(response.VerifyIntegrity(Encoding.ASCII.GetBytes(Ours.Password)));
        Assert.True(response.HasFingerprint && response.VerifyFingerprintIfPresent());
        Assert.True(bytes.Length <= check.Length + 44);
    }

    [Fact]
    public void T14_an_ipv6_check_is_answered_with_its_ipv6_address()
    {
        var path = new TransportPath(
            TransportAddress.From(System.Net.IPAddress.IPv6Loopback, 1), TransportAddress.From(System.Net.IPAddress.Parse("2001:db8::5"), 2));
        Assert.True(_agent.HandleStun(default, path, Check().Signed()));

        Assert.Equal(path.Remote, Parse(Assert.Single(_agent.TakeAll()).Bytes).XorMappedAddress);
    }

    [Fact]
    public void T3_an_ipv4_mapped_source_is_the_ipv4_source()
    {
        Handle(Check().Signed());
        var mapped = TransportAddress.From(System.Net.IPAddress.Parse("::ffff:192.0.2.2"), 5000);

        Assert.True(_agent.IsValidated(new TransportPath(Address(1, 8890), mapped)));
    }

    [Fact]
    public void T10_a_check_without_fingerprint_is_answered()
    {
        AssertServed(Check().WithIntegrity(Ours.Password).Build());
    }

    [Fact]
    public void T10_a_wrong_fingerprint_is_dropped()
    {
        byte[] check = Check().Signed();
        check[^1] ^= 1;

        AssertIgnored(check);
    }

    [Fact]
    public void T10_without_a_user_name_there_is_silence()
    {
        AssertIgnored(new StunDatagram().WithPriority().Signed());
    }

    [Fact]
    public void T11_without_integrity_there_is_silence()
    {
        AssertIgnored(Check().WithFingerprint().Build());
    }

    [Theory]
    [InlineData("ourUserFragment2:theirs")]
    [InlineData("ourUserFragment1:others")]
    [InlineData("ourUserFragment1:their")]
    [InlineData("ourUserFragment1:theirs1")]
    [InlineData("ourUserFragment1")]
    [InlineData("theirs:ourUserFragment1")]
    public void T11_for_another_user_name_there_is_silence(string username)
    {
        AssertIgnored(StunDatagram.Request(username).WithPriority().Signed());
    }

    [Fact]
    public void T11_for_a_wrong_password_there_is_silence()
    {
        AssertIgnored(Check().WithIntegrity(Theirs.Password).WithFingerprint().Build());
    }

    [Fact]
    public void T12_a_nomination_after_the_integrity_does_not_count()
    {
        AssertServed(Check().WithIntegrity(Ours.Password).WithUseCandidate().WithFingerprint().Build());
        Assert.False(_agent.TryGetSelectedPath(out _));
    }

    [Fact]
    public void T13_an_unknown_attribute_that_must_be_understood_is_refused_with_its_name()
    {
        Assert.True(Handle(Check().With(0x7F01, 1, 2).WithUseCandidate().Signed()));

        byte[] bytes = AssertError(StunErrorCode.UnknownAttribute);
        Assert.True(bytes.AsSpan().IndexOf(new byte[] { 0x00, 0x0A, 0x00, 0x02, 0x7F, 0x01 }) > 0);
        AssertNothingLearned();
    }

    [Fact]
    public void T13_many_unknown_attributes_do_not_make_a_long_answer()
    {
        StunDatagram check = Check();
        for (int type = 0x7000; type < 0x7040; type++)
            check.With((ushort)type);
        Assert.True(Handle(check.Signed()));

        Assert.True(AssertError(StunErrorCode.UnknownAttribute).Length < 100);
    }

    [Theory]
    [InlineData(0xC057)]
    [InlineData(0xC001)]
    [InlineData(0xC070)]
    [InlineData(0x8022)]
    public void T13_an_unknown_optional_attribute_is_ignored(int type)
    {
        AssertServed(Check().With((ushort)type, 1, 2, 3).Signed());
    }

    [Fact]
    public void T13_another_method_is_ignored()
    {
        AssertIgnored(new StunDatagram(0x0200).With(0x0006, "ourUserFragment1:theirs"u8).Signed());
    }

    [Fact]
    public void T15_a_request_without_priority_and_role_is_answered_and_nominates()
    {
        AssertServed(UnsignedCheck().WithUseCandidate().Signed());
        Assert.True(_agent.TryGetSelectedPath(out _));
    }

    [Fact]
    public void T15_a_priority_of_the_wrong_length_is_a_bad_request()
    {
        Assert.True(Handle(UnsignedCheck().With(0x0024, 1, 2).Signed()));

        AssertError(StunErrorCode.BadRequest);
        AssertNothingLearned();
    }

    [Fact]
    public void T16_a_peer_that_believes_to_be_controlled_is_told_of_the_conflict()
    {
        Assert.True(Handle(UnsignedCheck().WithPriority().WithControlled().WithUseCandidate().Signed()));

        AssertError(StunErrorCode.RoleConflict);
        AssertNothingLearned();
    }

    [Fact]
    public void T16_it_is_served_where_that_is_asked_for()
    {
        var agent = new IceAgent(IceRole.LiteControlled, Ours, Theirs, [], 1) { ToleratesRoleConflict = true };
        Assert.True(agent.HandleStun(default, IceTestPeer.Path, UnsignedCheck().WithPriority().WithControlled().WithUseCandidate().Signed()));
        Assert.Equal(StunClass.SuccessResponse, Parse(Assert.Single(agent.TakeAll()).Bytes).Class);
        Assert.True(agent.TryGetSelectedPath(out TransportPath selected));
        Assert.Equal(IceTestPeer.Path, selected);
    }

    [Fact]
    public void T17_an_indication_is_neither_answered_nor_counted_as_life()
    {
        AssertIgnored(new StunDatagram(0x0011).Build());
        AssertIgnored(new StunDatagram(0x0011).With(0x0006, "ourUserFragment1:theirs"u8).Signed());
    }

    [Theory]
    [InlineData(0x0101)]
    [InlineData(0x0111)]
    public void T17_a_response_that_nobody_asked_for_is_dropped(int type)
    {
        AssertIgnored(new StunDatagram((ushort)type).WithIntegrity(Theirs.Password).WithFingerprint().Build());
    }

    [Fact]
    public void T19_fragments_of_256_characters_are_served()
    {
        var local = new IceCredentials(new string('l', 256), new string('p', 256));
        var remote = new IceCredentials(new string('r', 252), new string('q', 256));
        var agent = new IceAgent(IceRole.LiteControlled, local, remote, [], 1);
        byte[] check = StunDatagram.Request($"{local.UserFragment}:{remote.UserFragment}").WithIntegrity(local.Password).Build();

        Assert.True(agent.HandleStun(default, IceTestPeer.Path, check));
        Assert.Single(agent.TakeAll());
    }

    [Fact]
    public void A_check_validates_its_path_only()
    {
        AssertServed(Check().Signed());

        Assert.True(_agent.IsValidated(IceTestPeer.Path));
        Assert.False(_agent.IsValidated(MakePath(5001)));
        Assert.False(_agent.IsValidated(IceTestPeer.Path with { Local = Address(9, 8890) }));
    }

    [Fact]
    public void Before_nomination_the_first_validated_path_may_answer_but_none_is_selected()
    {
        Assert.False(_agent.TryGetValidatedPath(out _));
        AssertServed(Check().Signed(), MakePath(5001));
        AssertServed(Check().Signed(), MakePath(5002));

        Assert.False(_agent.TryGetSelectedPath(out _));
        Assert.True(_agent.TryGetValidatedPath(out TransportPath path));
        Assert.Equal(MakePath(5001), path);
    }

    [Fact]
    public void A_nomination_on_another_path_switches_at_once_and_back()
    {
        foreach (int port in (int[])[5001, 5002, 5001])
        {
            AssertServed(NominatingCheck(), MakePath(port));
            Assert.True(_agent.TryGetSelectedPath(out TransportPath selected));
            Assert.Equal(MakePath(port), selected);
        }
    }

    [Fact]
    public void A_plain_check_on_another_path_does_not_move_the_selection()
    {
        AssertServed(NominatingCheck(), MakePath(5001));
        AssertServed(Check().Signed(), MakePath(5002));

        Assert.True(_agent.TryGetSelectedPath(out TransportPath selected));
        Assert.Equal(MakePath(5001), selected);
        Assert.True(_agent.IsValidated(MakePath(5002)));
    }

    [Fact]
    public void An_unauthenticated_nomination_does_not_move_the_selection()
    {
        AssertServed(NominatingCheck(), MakePath(5001));
        Assert.False(Handle(Check().WithUseCandidate().WithIntegrity(Theirs.Password).Build(), MakePath(5002)));

        Assert.True(_agent.TryGetSelectedPath(out TransportPath selected));
        Assert.Equal(MakePath(5001), selected);
        Assert.False(_agent.IsValidated(MakePath(5002)));
    }

    [Fact]
    public void Row_4_4_2_when_the_selected_path_ends_the_nomination_before_it_counts_again()
    {
        foreach (int port in (int[])[5001, 5002, 5003])
            AssertServed(NominatingCheck(), MakePath(port));
        AssertServed(NominatingCheck(), MakePath(5001));
        AssertServed(Check().Signed(), MakePath(5004));

        // The nominations, newest first: 5001, 5003, 5002; 5004 was never nominated.
        foreach (int next in (int[])[5003, 5002])
        {
            Assert.True(_agent.TryGetSelectedPath(out TransportPath ended));
            _agent.RemovePath(ended);
            Assert.False(_agent.IsValidated(ended));
            Assert.True(_agent.TryGetSelectedPath(out TransportPath selected));
            Assert.Equal(MakePath(next), selected);
        }

        _agent.RemovePath(MakePath(5002));
        Assert.False(_agent.TryGetSelectedPath(out _));
        Assert.True(_agent.TryGetValidatedPath(out TransportPath left));
        Assert.Equal(MakePath(5004), left);

        AssertServed(NominatingCheck(), MakePath(5004));
        Assert.True(_agent.TryGetSelectedPath(out _));
    }

    [Fact]
    public void Row_4_4_2_the_end_of_a_path_that_is_not_selected_changes_nothing_else()
    {
        foreach (int port in (int[])[5001, 5002, 5003])
            AssertServed(port == 5003 ? NominatingCheck() : Check().Signed(), MakePath(port));
        _agent.RemovePath(MakePath(5001));
        _agent.RemovePath(MakePath(9));

        Assert.True(_agent.TryGetSelectedPath(out TransportPath selected));
        Assert.Equal(MakePath(5003), selected);
        Assert.False(_agent.IsValidated(MakePath(5001)));
        Assert.True(_agent.IsValidated(MakePath(5002)));
    }

    [Fact]
    public void Row_4_4_1_connections_between_the_same_addresses_are_paths_of_their_own()
    {
        TransportPath udp = MakePath(5001), first = udp with { Connection = 1 }, second = udp with { Connection = 2 };
        AssertServed(NominatingCheck(), first);

        Assert.True(_agent.IsValidated(first));
        Assert.False(_agent.IsValidated(udp));
        Assert.False(_agent.IsValidated(second));
        _agent.RemovePath(first);
        AssertServed(Check().Signed(), second);
        Assert.False(_agent.IsValidated(first));
        Assert.False(_agent.TryGetSelectedPath(out _));
    }

    [Fact]
    public void T5_the_oldest_path_that_is_not_selected_makes_room()
    {
        AssertServed(NominatingCheck(), MakePath(1));
        for (int port = 2; port <= 17; port++)
            AssertServed(Check().Signed(), MakePath(port));

        Assert.True(_agent.TryGetSelectedPath(out TransportPath selected));
        Assert.Equal(MakePath(1), selected);
        Assert.True(_agent.IsValidated(MakePath(1)));
        Assert.False(_agent.IsValidated(MakePath(2)));
        Assert.All(Enumerable.Range(3, 15), port => Assert.True(_agent.IsValidated(MakePath(port))));
        Assert.Equal(1, _agent.EvictedPathCount);
    }

    [Fact]
    public void T5_the_selection_survives_eviction_wherever_it_stands()
    {
        for (int port = 1; port <= 16; port++)
            AssertServed(port == 8 ? NominatingCheck() : Check().Signed(), MakePath(port));
        for (int port = 17; port <= 60; port++)
        {
            AssertServed(Check().Signed(), MakePath(port));
            Assert.True(_agent.TryGetSelectedPath(out TransportPath selected));
            Assert.Equal(MakePath(8), selected);
            Assert.True(_agent.IsValidated(MakePath(8)) && _agent.IsValidated(MakePath(port)));
        }

        Assert.Equal(16, Enumerable.Range(1, 60).Count(port => _agent.IsValidated(MakePath(port))));
    }

    [Fact]
    public void Checks_that_nobody_answers_in_time_are_dropped_and_counted()
    {
        for (int check = 0; check < IceMessageQueue.Capacity + 3; check++)
            Assert.True(Handle(Check((byte)check).Signed()));

        Assert.Equal(3, _agent.DroppedTransmitCount);
        Assert.Equal(IceMessageQueue.Capacity, _agent.TakeAll().Count);
        Assert.Empty(_agent.TakeAll());
    }

    [Fact]
    public void It_never_acts_by_itself()
    {
        _agent.AddLocalAddress(Address(1, 8890));
        Assert.Equal(TimeSpan.MaxValue, _agent.NextDeadline);
        _agent.HandleDeadline(TimeSpan.FromHours(1));

        Assert.Empty(_agent.TakeAll());
        Assert.False(_agent.HasFailed);
    }

    [Fact]
    public void Truncated_and_changed_checks_are_dropped_without_effect()
    {
        byte[] check = NominatingCheck();
        for (int length = 0; length < check.Length; length++)
            Assert.False(Handle(check[..length]));
        foreach (int bit in BitsThatMatter(check))
        {
            byte[] changed = [.. check];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Handle(changed), $"bit {bit}");
        }

        Assert.Empty(_agent.TakeAll());
        AssertNothingLearned();
        Assert.Equal(check.Length + BitsThatMatter(check).Count(), _agent.RejectedMessageCount);
    }

    [Fact]
    public void Random_changes_of_what_is_signed_never_authenticate()
    {
        var random = new Random(8445);
        byte[] check = NominatingCheck();
        for (int round = 0; round < 5_000; round++)
        {
            byte[] changed = StunMessageRobustnessTests.Mutate(check, random);
            if (Handle(changed))
                Assert.Equal(check[4..^8], changed[4..(check.Length - 8)]); // what the integrity covers, but the length
            _agent.TakeAll();
        }
    }

    [Fact]
    public void Answering_a_check_allocates_nothing()
    {
        byte[] good = NominatingCheck();
        byte[] refused = Check().With(0x7F01).Signed();
        byte[] forged = Check().WithIntegrity(Theirs.Password).Build();
        var buffer = new byte[2048];
        Answer(100);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Answer(1000);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Answer(int rounds)
        {
            for (int round = 0; round < rounds; round++)
            {
                TransportPath path = MakePathWithoutAllocation(round);
                StunMessage.TryReadUserFragment(good, out _);
                _agent.HandleStun(default, path, good);
                _agent.HandleStun(default, path, refused);
                _agent.HandleStun(default, path, forged);
                _agent.IsValidated(path);
                while (_agent.TryGetTransmit(buffer, out _))
                {
                }
            }
        }
    }

    private static TransportPath MakePathWithoutAllocation(int round) =>
        IceTestPeer.Path with { Remote = new TransportAddress([192, 0, 2, 2], (ushort)(1 + (round % 40))) };

    private bool Handle(byte[] datagram, TransportPath? path = null) =>
        _agent.HandleStun(TimeSpan.FromSeconds(1), path ?? IceTestPeer.Path, datagram);

    private void AssertServed(byte[] datagram, TransportPath? path = null)
    {
        Assert.True(Handle(datagram, path));
        Assert.Equal(StunClass.SuccessResponse, Parse(Assert.Single(_agent.TakeAll()).Bytes).Class);
    }

    private void AssertIgnored(byte[] datagram)
    {
        Assert.False(Handle(datagram));
        Assert.Empty(_agent.TakeAll());
        AssertNothingLearned();
    }

    private void AssertNothingLearned()
    {
        Assert.False(_agent.IsValidated(IceTestPeer.Path));
        Assert.False(_agent.TryGetSelectedPath(out _));
        Assert.False(_agent.TryGetValidatedPath(out _));
    }

    private byte[] AssertError(StunErrorCode code)
    {
        byte[] bytes = Assert.Single(_agent.TakeAll()).Bytes;
        StunMessage response = Parse(bytes);
        Assert.Equal(StunClass.ErrorResponse, response.Class);
        Assert.Equal(code, response.ErrorCode);
        Assert.True(response.VerifyIntegrity(Encoding.ASCII.GetBytes(Ours.Password)));
        Assert.True(response.HasFingerprint && response.VerifyFingerprintIfPresent());
        return bytes;
    }
}
