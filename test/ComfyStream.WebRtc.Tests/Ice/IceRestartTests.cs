using System.Text;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Stun;
using ComfyStream.WebRtc.Tests.Stun;
using Xunit;
using static ComfyStream.WebRtc.Tests.Ice.IceTestPeer;

namespace ComfyStream.WebRtc.Tests.Ice;

/// <summary>Restarts of the server's agent (RFC 8445 9), as the peer sees them.</summary>
public sealed class IceRestartTests
{
    private static readonly IceCredentials OursAfter = new("ourUserFragment2", "ourPassword90123456789099");
    private static readonly IceCredentials TheirsAfter = new("theirs2", "theirPassword012345678999");
    private static readonly TransportPath Before = MakePath(5001);
    private static readonly TransportPath After = MakePath(5002);

    private readonly IceAgent _agent = MakeLite();
    private TimeSpan _now = TimeSpan.FromSeconds(1);

    public IceRestartTests()
    {
        Serve(NominatingCheck(), Before, Ours);
        _agent.Restart(OursAfter, TheirsAfter);
    }

    [Fact]
    public void W48_The_old_path_stays_selected_until_one_is_nominated_in_the_new_session()
    {
        Serve(Check().Signed(), Before, Ours);
        AssertSelected(Before);

        Serve(NewCheck(), After, OursAfter);
        AssertSelected(Before);
        Assert.True(_agent.IsValidated(Before) && _agent.IsValidated(After));

        Serve(NewCheck(nominates: true), After, OursAfter);
        AssertSelected(After);
    }

    [Fact]
    public void W48_What_was_under_way_on_the_old_path_is_taken_and_then_no_more()
    {
        Serve(NewCheck(nominates: true), After, OursAfter);
        _now += IceAgent.OldPathsLinger / 2;
        Serve(NewCheck(), After, OursAfter);
        Assert.True(_agent.IsValidated(Before));

        _now += IceAgent.OldPathsLinger;
        Serve(NewCheck(), After, OursAfter);
        Assert.False(_agent.IsValidated(Before));
        Assert.True(_agent.IsValidated(After));
    }

    [Fact]
    public void W48_The_same_path_may_be_nominated_again()
    {
        Serve(NewCheck(nominates: true), Before, OursAfter);
        _now += IceAgent.OldPathsLinger * 2;
        Serve(NewCheck(), Before, OursAfter);

        AssertSelected(Before);
        Assert.True(_agent.IsValidated(Before));
    }

    [Fact]
    public void Regression_27_Old_credentials_are_answered_until_the_first_new_check_and_never_after()
    {
        Serve(Check().Signed(), Before, Ours);
        Serve(NewCheck(), After, OursAfter);

        Assert.False(_agent.HandleStun(_now, Before, Check().Signed()));
        Assert.False(_agent.HandleStun(_now, Before, NominatingCheck()));
        Assert.Empty(_agent.TakeAll());
    }

    [Fact]
    public void An_old_nomination_still_moves_the_selection_before_the_first_new_check()
    {
        TransportPath other = MakePath(5003);
        Serve(NominatingCheck(), other, Ours);
        AssertSelected(other);

        Serve(NewCheck(nominates: true), After, OursAfter);
        _now += IceAgent.OldPathsLinger;
        Serve(NewCheck(), After, OursAfter);
        Assert.False(_agent.IsValidated(other) || _agent.IsValidated(Before));
    }

    [Theory]
    [InlineData("ourUserFragment2:theirs", "ourPassword90123456789099")]
    [InlineData("ourUserFragment1:theirs2", "ourPassword90123456789012")]
    [InlineData("ourUserFragment2:theirs2", "ourPassword90123456789012")]
    [InlineData("ourUserFragment1:theirs", "ourPassword90123456789099")]
    public void Credentials_of_the_two_sessions_do_not_mix(string username, string password)
    {
        byte[] check = StunDatagram.Request(username).WithPriority().WithUseCandidate().WithIntegrity(password).WithFingerprint().Build();

        Assert.False(_agent.HandleStun(_now, After, check));
        Assert.Empty(_agent.TakeAll());
        AssertSelected(Before);
    }

    [Fact]
    public void Of_several_restarts_the_session_that_works_and_the_newest_are_answered()
    {
        var ours = new IceCredentials("ourUserFragment3", "ourPassword90123456789033");
        var theirs = new IceCredentials("theirs3", "theirPassword012345678933");
        _agent.Restart(ours, theirs);

        Assert.False(_agent.HandleStun(_now, After, NewCheck(nominates: true)));
        Serve(Check().Signed(), Before, Ours);
        Serve(MakeCheck(ours, theirs, nominates: true), After, ours);
        AssertSelected(After);
    }

    [Fact]
    public void Old_paths_make_room_first_and_the_selected_one_stays()
    {
        for (int port = 6000; port < 6000 + ValidatedPathTable.Capacity; port++)
            Serve(NewCheck(), MakePath(port), OursAfter);

        AssertSelected(Before);
        Assert.True(_agent.IsValidated(Before));
        Assert.False(_agent.IsValidated(MakePath(6000)));
        Assert.True(_agent.IsValidated(MakePath(6015)));
    }

    [Fact]
    public void A_controlling_agent_does_not_restart()
    {
        var client = new IceAgent(IceRole.FullControlling, Ours, Theirs, [], 1);

        Assert.Throws<InvalidOperationException>(() => client.Restart(OursAfter, TheirsAfter));
    }

    private static byte[] NewCheck(bool nominates = false) => MakeCheck(OursAfter, TheirsAfter, nominates);

    private static byte[] MakeCheck(IceCredentials ours, IceCredentials theirs, bool nominates)
    {
        StunDatagram check = StunDatagram.Request($"{ours.UserFragment}:{theirs.UserFragment}").WithPriority().WithControlling();
        return (nominates ? check.WithUseCandidate() : check).WithIntegrity(ours.Password).WithFingerprint().Build();
    }

    private void Serve(byte[] check, TransportPath path, IceCredentials signedBy)
    {
        Assert.True(_agent.HandleStun(_now, path, check));
        (Transmit transmit, byte[] bytes) = Assert.Single(_agent.TakeAll());
        Assert.Equal(path, transmit.Path);
        StunMessage response = Parse(bytes);
        Assert.Equal(StunClass.SuccessResponse, response.Class);
        Assert.True(response.VerifyIntegrity(Encoding.ASCII.GetBytes(signedBy.Password)));
    }

    private void AssertSelected(TransportPath path)
    {
        Assert.True(_agent.TryGetSelectedPath(out TransportPath selected));
        Assert.Equal(path, selected);
    }
}
