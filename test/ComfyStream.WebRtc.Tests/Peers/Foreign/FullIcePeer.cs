using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;

namespace ComfyStream.WebRtc.Tests.Peers.Foreign;

/// <summary>A client with full ICE in the controlling role that is the DTLS client once a path is nominated.</summary>
internal abstract class FullIcePeer(string srtpProfiles) : ForeignPeer(DtlsRole.Client, srtpProfiles)
{
    private readonly byte[] _buffer = new byte[IceAgent.MinTransmitBufferBytes];
    private IceAgent? _ice;
    private TransportPath _path;

    protected override TimeSpan NextOwnDeadline => _ice?.NextDeadline ?? TimeSpan.MaxValue;

    public override void Start(TimeSpan now, TransportAddress local, TransportAddress server)
    {
        // Candidates are gathered now, after the answer, and nobody is told of them.
        _path = new TransportPath(local, server);
        IceCandidate candidate = new("1", IsTcp: false, IceCandidate.ComputeHostPriority(IceCandidate.MaxLocalPreference), server);
        _ice = new IceAgent(IceRole.FullControlling, LocalIce, RemoteIce, [candidate], tieBreaker: 7);
        _ice.AddLocalAddress(local);
        FollowIce(now);
    }

    public override void HandleDeadline(TimeSpan now)
    {
        base.HandleDeadline(now);
        _ice?.HandleDeadline(now);
        FollowIce(now);
    }

    protected override void HandleStun(TimeSpan now, ReadOnlySpan<byte> datagram)
    {
        _ice?.HandleStun(now, _path, datagram);
        FollowIce(now);
    }

    private void FollowIce(TimeSpan now)
    {
        if (_ice is null)
            return;
        while (_ice.TryGetTransmit(_buffer, out Transmit transmit))
            Send(_buffer.AsSpan(0, transmit.ByteCount));
        if (_ice.TryGetSelectedPath(out _))
            StartDtls(now);
    }
}
