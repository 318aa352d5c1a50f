using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.WebRtc.Tests.Packetization;

/// <summary>Makes access units whose NAL units look real to a payload format: types and start codes matter, pixels do not.</summary>
internal static class H264Sample
{
    public const byte Idr = 0x65;
    public const byte Slice = 0x41;
    public const byte SpsHeader = 0x67;
    public const byte PpsHeader = 0x68;

    /// <summary>A NAL unit with bytes that hold no start code and do not end with zero.</summary>
    public static byte[] Nal(byte header, int byteCount, Random? random = null)
    {
        byte[] unit = new byte[byteCount];
        for (int i = 0; i < byteCount; i++)
            unit[i] = (byte)(random is null ? 1 + i % 255 : random.Next(1, 256));
        unit[0] = header;
        if (byteCount > 1)
            unit[1] = 0x9A; // first_mb_in_slice 0, slice type P
        return unit;
    }

    public static byte[] AnnexB(params byte[][] units) => [.. units.SelectMany(unit => (byte[])[0, 0, 0, 1, .. unit])];

    /// <summary>SPS, PPS and an IDR picture, or one slice of a P picture.</summary>
    public static byte[] Picture(bool isKeyFrame, int byteCount, Random random) => isKeyFrame
        ? AnnexB(Nal(SpsHeader, 12, random), Nal(PpsHeader, 4, random), Nal(Idr, byteCount, random))
        : AnnexB(Nal(Slice, byteCount, random));

    public static PacketizedFrame Packetize(byte[] accessUnit, int maxPayloadBytes = H264Packetizer.DefaultMaxPayloadBytes)
    {
        PacketizedFrame frame = new(_ => { });
        frame.Begin(MediaKind.Video, TimeSpan.Zero, isKeyFrame: false, TimeSpan.Zero);
        H264Packetizer.Packetize(accessUnit, frame, maxPayloadBytes);
        return frame;
    }

    public static byte[][] Payloads(PacketizedFrame frame) =>
        [.. Enumerable.Range(0, frame.PacketCount).Select(i => frame.GetPayload(i).ToArray())];

    /// <summary>Depacketizes; null if a payload was refused or the last NAL unit is unfinished.</summary>
    public static byte[]? Depacketize(params byte[][] payloads)
    {
        byte[] memory = new byte[payloads.Sum(payload => payload.Length * 3 + 8)];
        H264Depacketizer depacketizer = new(memory);
        foreach (byte[] payload in payloads)
        {
            if (!depacketizer.TryAdd(payload))
                return null;
        }

        return depacketizer.IsComplete ? memory[..depacketizer.ByteCount] : null;
    }
}
