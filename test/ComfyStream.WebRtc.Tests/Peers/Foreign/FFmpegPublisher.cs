using System.Buffers.Binary;
using System.Text;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Stun;

namespace ComfyStream.WebRtc.Tests.Peers.Foreign;

/// <summary>
/// FFmpeg's WHIP muxer. Its checks name neither role nor priority and go out about every 50 ms until one is answered; then it is the
/// DTLS server, with one SRTP profile. Version 8.0 says no STUN afterwards and reads no RTCP; 8.1 keeps checking for consent, and
/// answers a generic NACK by RTX if it is all that the SRTCP packet holds.
/// </summary>
internal sealed class FFmpegPublisher : ForeignPeer, IForeignPublisher
{
    public const uint AudioSsrc = 0x57A5_C000;
    public const uint VideoSsrc = 0x57A5_C001;

    private const byte AudioPayloadType = 111;
    private const byte VideoPayloadType = 106;
    private const byte RtxPayloadType = 105;
    private const uint RtxSsrc = 0x57A5_C002;
    private const int SrtcpOverheadBytes = 14;

    private static readonly TimeSpan _checkInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _consentInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _reportInterval = TimeSpan.FromSeconds(5);

    private readonly bool _isNew;
    private readonly OutgoingStream _audio = new(AudioSsrc, AudioPayloadType, 48_000, firstIndex: 0x0123, timestampOffset: 0x8000_0000);
    private readonly OutgoingStream _video;
    private readonly OutgoingStream _rtx = new(RtxSsrc, RtxPayloadType, 90_000, firstIndex: 0x0321, timestampOffset: 0);
    private readonly Dictionary<OutgoingStream, TimeSpan> _reported = [];
    private TimeSpan _nextCheck = TimeSpan.MaxValue;
    private bool _isAnswered;

    /// <param name="isNew">8.1 instead of 8.0.</param>
    /// <param name="sound">Whether there is sound; without it 8.0 still names its mid in the bundle.</param>
    /// <param name="profileLevelId">As read from the bitstream.</param>
    /// <param name="firstVideoIndex">Roll-over counter and sequence number of the first packet.</param>
    public FFmpegPublisher(bool isNew = false, bool sound = true, string profileLevelId = "64001f", ulong firstVideoIndex = 0x0ABC)
        : base(DtlsRole.Server, "SRTP_AES128_CM_SHA1_80")
    {
        _isNew = isNew;
        _video = new OutgoingStream(VideoSsrc, VideoPayloadType, 90_000, firstVideoIndex, timestampOffset: 0x4000_0000);
        LocalIce = new IceCredentials("f0f1f2f3", "00112233445566778899aabbccddeeff");
        Offer = MakeOffer(sound, profileLevelId);
    }

    public override string Offer { get; }

    /// <summary>SRTCP packets with a generic NACK that were not looked into, because something else was in them.</summary>
    public int NacksRefused { get; private set; }

    public int Retransmissions { get; private set; }

    protected override TimeSpan NextOwnDeadline => _nextCheck;

    public override void Accept(string answer)
    {
        Assert.True(answer.Length <= 8192, "FFmpeg's buffer holds 8 KiB.");
        base.Accept(answer);
    }

    public override void Start(TimeSpan now, TransportAddress local, TransportAddress server) => _nextCheck = now;

    public override void HandleDeadline(TimeSpan now)
    {
        base.HandleDeadline(now);
        if (now < _nextCheck)
            return;
        SendCheck();
        _nextCheck = now + (_isAnswered ? _consentInterval : _checkInterval);
    }

    public void SendPicture(TimeSpan now, ReadOnlySpan<byte> accessUnit)
    {
        var frame = new PacketizedFrame(static _ => { });
        frame.Begin(MediaKind.Video, now, isKeyFrame: false, now);
        H264Packetizer.Packetize(accessUnit, frame);
        SendReportIfDue(now, _video);
        for (int i = 0; i < frame.PacketCount; i++)
            SendRtp(_video, i == frame.PacketCount - 1, _video.TimestampAt(now), frame.GetPayload(i));
    }

    public void SendSound(TimeSpan now, ReadOnlySpan<byte> packet)
    {
        SendReportIfDue(now, _audio);
        SendRtp(_audio, marker: true, _audio.TimestampAt(now), packet);
    }

    protected override void HandleStun(TimeSpan now, ReadOnlySpan<byte> datagram)
    {
        // The response's integrity is not checked; a request of ours would not be answered any more.
        if (_isAnswered || !StunMessage.TryParse(datagram, out StunMessage message) || message.Class != StunClass.SuccessResponse)
            return;
        _isAnswered = true;
        _nextCheck = _isNew ? now + _consentInterval : TimeSpan.MaxValue;
        StartDtls(now);
    }

    protected override void HandleRtcp(TimeSpan now, Span<byte> datagram)
    {
        bool isNack = datagram[1] == RtcpPacketType.TransportFeedback && (datagram[0] & 0x1F) == RtcpPacketType.GenericNackFormat;
        int firstBytes = 4 * (BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]) + 1);
        bool isAlone = firstBytes + SrtcpOverheadBytes == datagram.Length;

        // It looks no further than here; the test wants to know what it missed.
        if (!TryDecryptRtcp(now, datagram, out byte[] packet))
            return;
        if (_isNew && isNack && isAlone)
            AnswerNack(packet);
        else if (Reports[^1].HasNack)
            NacksRefused++;
    }

    private void AnswerNack(ReadOnlySpan<byte> packet)
    {
        var reader = new RtcpReader(packet);
        Assert.True(reader.MoveNext());
        for (int i = 0; GenericNack.TryRead(reader.Current, i, out GenericNack nack); i++)
        {
            if (nack.MediaSsrc != VideoSsrc)
                continue;
            SendAgain(nack.Item.PacketId);
            for (int bit = 0; bit < 16; bit++)
            {
                if ((nack.Item.LostBitmask >> bit & 1) != 0)
                    SendAgain((ushort)(nack.Item.PacketId + bit + 1));
            }
        }
    }

    private void SendAgain(ushort sequenceNumber)
    {
        if (!_video.History.TryGetValue(sequenceNumber, out OutgoingStream.Kept? kept))
            return;
        byte[] payload = [(byte)(sequenceNumber >> 8), (byte)sequenceNumber, .. kept.Payload];
        SendRtp(_rtx, kept.Marker, kept.Timestamp, payload);
        Retransmissions++;
    }

    private void SendReportIfDue(TimeSpan now, OutgoingStream stream)
    {
        if (_reported.TryGetValue(stream, out TimeSpan last) && now - last < _reportInterval)
            return;
        _reported[stream] = now;
        SendSenderReport(now, stream, cname: null);
    }

    private void SendCheck()
    {
        byte[] buffer = new byte[256];
        var writer = new StunMessageWriter(buffer, StunClass.Request, StunTransactionId.Create());
        writer.WriteUsername(Encoding.ASCII.GetBytes($"{RemoteIce.UserFragment}:{LocalIce.UserFragment}"));
        if (_isNew)
            writer.WriteIceControlling(tieBreaker: 1);
        writer.WriteUseCandidate();
        writer.WriteMessageIntegrity(Encoding.ASCII.GetBytes(RemoteIce.Password));
        writer.WriteFingerprint();
        Send(buffer.AsSpan(0, writer.ByteCount));
    }

    private string MakeOffer(bool sound, string profileLevelId)
    {
        string transport =
            $"""
            c=IN IP4 0.0.0.0
            a=ice-ufrag:{LocalIce.UserFragment}
            a=ice-pwd:{LocalIce.Password}
            a=fingerprint:{Fingerprint}
            a=setup:passive
            """;
        string audio = !sound ? "" :
            $"""
            m=audio 9 UDP/TLS/RTP/SAVPF {AudioPayloadType}
            {transport}
            a=mid:0
            a=sendonly
            a=msid:FFmpeg audio
            a=rtcp-mux
            a=rtpmap:{AudioPayloadType} opus/48000/2
            a=ssrc:{AudioSsrc} cname:FFmpeg
            a=ssrc:{AudioSsrc} msid:FFmpeg audio

            """;
        string retransmission = !_isNew ? "" :
            $"""
            a=rtcp-fb:{VideoPayloadType} nack
            a=rtpmap:{RtxPayloadType} rtx/90000
            a=fmtp:{RtxPayloadType} apt={VideoPayloadType}
            a=ssrc-group:FID {VideoSsrc} {RtxSsrc}

            """;
        string bundle = _isNew && !sound ? "1" : "0 1";
        return
            $"""
            v=0
            o=FFmpeg 4489045141692799359 2 IN IP4 127.0.0.1
            s=FFmpegPublishSession
            t=0 0
            a=group:BUNDLE {bundle}
            a=extmap-allow-mixed
            a=msid-semantic: WMS
            {audio}m=video 9 UDP/TLS/RTP/SAVPF {VideoPayloadType}{(_isNew ? $" {RtxPayloadType}" : "")}
            {transport}
            a=mid:1
            a=sendonly
            a=msid:FFmpeg video
            a=rtcp-mux
            a=rtcp-rsize
            a=rtpmap:{VideoPayloadType} H264/90000
            a=fmtp:{VideoPayloadType} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profileLevelId}
            {retransmission}a=ssrc:{VideoSsrc} cname:FFmpeg
            a=ssrc:{VideoSsrc} msid:FFmpeg video

            """.ReplaceLineEndings("\r\n");
    }
}
