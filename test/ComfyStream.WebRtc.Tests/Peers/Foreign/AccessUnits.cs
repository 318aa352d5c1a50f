namespace ComfyStream.WebRtc.Tests.Peers.Foreign;

/// <summary>Access units (Annex B) of invented bytes that hold no start code.</summary>
internal static class AccessUnits
{
    public const byte High = 0x64;

    /// <summary>SPS, PPS and IDR slice, or one other slice.</summary>
    public static byte[] Make(bool isKeyFrame, int byteCount, int seed, byte profileIdc = High)
    {
        byte[] slice = new byte[byteCount];
        new Random(seed).NextBytes(slice);
        for (int i = 0; i < slice.Length; i++)
            slice[i] |= 0x10;
        slice[0] = (byte)(isKeyFrame ? 0x65 : 0x41);
        byte[] start = [0, 0, 0, 1];
        return isKeyFrame
            ? [.. start, 0x67, profileIdc, 0x00, 0x1F, 0xAC, .. start, 0x68, 0xCE, 0x3C, 0x80, .. start, .. slice]
            : [.. start, .. slice];
    }
}
