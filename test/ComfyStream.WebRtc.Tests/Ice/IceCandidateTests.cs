using ComfyStream.WebRtc.Ice;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Ice;

public sealed class IceCandidateTests
{
    [Fact]
    public void The_only_host_address_has_the_well_known_priority()
    {
        Assert.Equal(2130706431u, IceCandidate.ComputeHostPriority(IceCandidate.MaxLocalPreference));
    }

    [Fact]
    public void Priorities_stay_below_2_to_the_31_and_follow_the_preference()
    {
        Assert.True(IceCandidate.ComputeHostPriority(IceCandidate.MaxLocalPreference) < 1u << 31);
        Assert.True(IceCandidate.ComputeHostPriority(1) > IceCandidate.ComputeHostPriority(0));
        Assert.True(IceCandidate.ComputeHostPriority(0) > IceCandidate.ComputePeerReflexivePriority(IceCandidate.MaxLocalPreference));
    }

    [Fact]
    public void Row_4_4_1_tcp_priorities_are_passive_and_below_all_of_udp()
    {
        uint best = IceCandidate.ComputePassiveTcpPriority(IceCandidate.MaxTcpLocalPreference);
        uint least = IceCandidate.ComputePassiveTcpPriority(0);
        Assert.True(best > least);
        Assert.All((uint[])[best, least], priority => Assert.Equal(4u, priority >> 21 & 7));
        Assert.True(best < IceCandidate.ComputePeerReflexivePriority(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => IceCandidate.ComputePassiveTcpPriority(IceCandidate.MaxTcpLocalPreference + 1));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(65536)]
    public void A_preference_out_of_range_is_refused(int localPreference)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => IceCandidate.ComputeHostPriority(localPreference));
    }

    [Theory]
    [InlineData(1u, 2u, (1UL << 32) + 4)]
    [InlineData(2u, 1u, (1UL << 32) + 5)]
    [InlineData(3u, 3u, (3UL << 32) + 6)]
    public void A_pairs_priority_is_that_of_the_lesser_first(uint controlling, uint controlled, ulong expected)
    {
        Assert.Equal(expected, CandidatePair.ComputePriority(controlling, controlled));
    }
}
