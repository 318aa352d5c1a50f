using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Rtcp;

namespace ComfyStream.WebRtc.Tests.Peers.Foreign;

/// <summary>
/// OBS Studio on libdatachannel: offers no candidates and never trickles, says profile 42e01f whatever it sends, has no handler for key
/// frame requests, and answers a NACK by the same packet on the same SSRC. It cuts each NAL unit by itself, without STAP-A, reports
/// about every second, and says close_notify before its DELETE.
/// </summary>
internal sealed class ObsPublisher : FullIcePeer, IForeignPublisher
{
    private const byte AudioPayloadType = 111;
    private const byte VideoPayloadType = 96;
    private const uint AudioSsrc = 0x42E3_5A76;
    private const uint VideoSsrc = AudioSsrc + 1;
    private const int MaxFragmentBytes = 1200;
    private const string Cname = "qWb3sKx9Tz0LmRyA";

    private static readonly TimeSpan _reportInterval = TimeSpan.FromSeconds(1);

    private readonly OutgoingStream _audio = new(AudioSsrc, AudioPayloadType, 48_000, firstIndex: 0xFE00, timestampOffset: 0xFFFF_0000);
    private readonly OutgoingStream _video;
    private readonly Dictionary<OutgoingStream, TimeSpan> _reported = [];

    /// <param name="isOld">The form of 30.1, with the transport at session level, instead of the present one.</param>
    /// <param name="firstVideoIndex">Roll-over counter and sequence number of the first packet.</param>
    /// <param name="srtpProfiles">Those of a build on mbedTLS, or of one on OpenSSL.</param>
    public ObsPublisher(bool isOld = false, ulong firstVideoIndex = 0xFFF0, string srtpProfiles = "SRTP_AES128_CM_SHA1_80")
        : base(srtpProfiles)
    {
        _video = new OutgoingStream(VideoSsrc, VideoPayloadType, 90_000, firstVideoIndex, timestampOffset: 0xFFFF_8000);
        Offer = MakeOffer(isOld);
    }

    public override string Offer { get; }

    public int KeyFrameRequestsIgnored { get; private set; }

    public int Retransmissions { get; private set; }

    public void SendPicture(TimeSpan now, ReadOnlySpan<byte> accessUnit)
    {
        var payloads = new List<byte[]>();
        AnnexBReader units = new(accessUnit);
        while (units.MoveNext())
            AddPayloads(payloads, units.Current);
        for (int i = 0; i < payloads.Count; i++)
            SendRtp(_video, i == payloads.Count - 1, _video.TimestampAt(now), payloads[i]);
        SendReportIfDue(now, _video);
    }

    public void SendSound(TimeSpan now, ReadOnlySpan<byte> packet)
    {
        SendRtp(_audio, marker: false, _audio.TimestampAt(now), packet);
        SendReportIfDue(now, _audio);
    }

    protected override void HandleFeedback(ReadOnlySpan<byte> compound)
    {
        var reader = new RtcpReader(compound);
        while (reader.MoveNext())
        {
            if (reader.Current.Type == RtcpPacketType.PayloadFeedback)
                KeyFrameRequestsIgnored++;
            for (int i = 0; GenericNack.TryRead(reader.Current, i, out GenericNack nack); i++)
                Answer(nack);
        }
    }

    private static void AddPayloads(List<byte[]> payloads, ReadOnlySpan<byte> unit)
    {
        if (unit.Length <= MaxFragmentBytes)
        {
            payloads.Add(unit.ToArray());
            return;
        }

        // FU-A (RFC 6184 5.8).
        const int PieceBytes = MaxFragmentBytes - 2;
        for (int offset = 1; offset < unit.Length; offset += PieceBytes)
        {
            ReadOnlySpan<byte> piece = unit[offset..Math.Min(offset + PieceBytes, unit.Length)];
            int startAndEnd = (offset == 1 ? 0x80 : 0) | (offset + piece.Length == unit.Length ? 0x40 : 0);
            payloads.Add([(byte)((unit[0] & 0xE0) | 28), (byte)(startAndEnd | (unit[0] & 0x1F)), .. piece]);
        }
    }

    private void Answer(GenericNack nack)
    {
        OutgoingStream stream = nack.MediaSsrc == VideoSsrc ? _video : _audio;
        for (int i = 0; i <= 16; i++)
        {
            bool isAskedFor = i == 0 || (nack.Item.LostBitmask >> (i - 1) & 1) != 0;
            if (!isAskedFor || !stream.History.TryGetValue((ushort)(nack.Item.PacketId + i), out OutgoingStream.Kept? kept))
                continue;
            Send(kept.Wire);
            Retransmissions++;
        }
    }

    private void SendReportIfDue(TimeSpan now, OutgoingStream stream)
    {
        if (_reported.TryGetValue(stream, out TimeSpan last) && now - last < _reportInterval)
            return;
        _reported[stream] = now;
        SendSenderReport(now, stream, Cname);
    }

    private string MakeOffer(bool isOld)
    {
        string transport =
            $"""
            a=setup:actpass
            a=ice-ufrag:{LocalIce.UserFragment}
            a=ice-pwd:{LocalIce.Password}
            a=ice-options:ice2,trickle
            a=fingerprint:{Fingerprint}

            """;
        string ofSession = isOld ? transport : "";
        string ofSection = isOld ? "" : transport;
        return
            $"""
            v=0
            o=rtc 2390456781 0 IN IP4 127.0.0.1
            s=-
            t=0 0
            a=group:BUNDLE 0 1
            a=group:LS 0 1
            a=msid-semantic:WMS *
            {ofSession}m=audio 9 UDP/TLS/RTP/SAVPF {AudioPayloadType}
            c=IN IP4 0.0.0.0
            a=mid:0
            a=sendonly
            a=ssrc:{AudioSsrc} cname:{Cname}
            a=ssrc:{AudioSsrc} msid:obsMStream {Cname}-audio
            a=msid:obsMStream {Cname}-audio
            a=rtcp-mux
            a=rtpmap:{AudioPayloadType} opus/48000/2
            a=fmtp:{AudioPayloadType} minptime=10;maxaveragebitrate=96000;stereo=1;sprop-stereo=1;useinbandfec=1
            {ofSection}m=video 9 UDP/TLS/RTP/SAVPF {VideoPayloadType}
            c=IN IP4 0.0.0.0
            a=mid:1
            a=sendonly
            a=ssrc:{VideoSsrc} cname:{Cname}
            a=ssrc:{VideoSsrc} msid:obsMStream {Cname}-video
            a=msid:obsMStream {Cname}-video
            a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
            a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
            a=rtcp-mux
            a=rtpmap:{VideoPayloadType} H264/90000
            a=rtcp-fb:{VideoPayloadType} nack
            a=rtcp-fb:{VideoPayloadType} nack pli
            a=rtcp-fb:{VideoPayloadType} ccm fir
            a=rtcp-fb:{VideoPayloadType} goog-remb
            a=fmtp:{VideoPayloadType} profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1
            {ofSection}
            """.ReplaceLineEndings("\r\n");
    }
}
