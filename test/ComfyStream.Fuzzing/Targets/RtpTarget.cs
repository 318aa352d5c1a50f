using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.Fuzzing.Targets;

/// <summary>RTP headers with CSRCs, extensions and padding.</summary>
internal sealed class RtpTarget : IFuzzTarget
{
    public string Name => "rtp";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        Convert.FromHexString("80E60001000000021234ABCD0102030405"),
        Convert.FromHexString("90E60001000000021234ABCDBEDE000210301F0022AABB000102030405"),
        Convert.FromHexString("B2E60001000000021234ABCD000000010000000210000002010141020242430000000102030405060003"),
    ];

    public bool Run(Span<byte> input)
    {
        DatagramClassifier.Classify(input);
        if (!RtpHeader.TryParse(input, out RtpHeader header))
            return false;

        FindingException.ThrowUnless(header.LengthBytes >= RtpHeader.FixedLengthBytes && header.LengthBytes <= input.Length, "a header longer than its packet");
        if (header.TryGetPayload(input, out ReadOnlySpan<byte> payload))
            FindingException.ThrowUnless(payload.Length <= input.Length - header.LengthBytes, "a payload longer than its packet");
        for (int id = 0; id < 256; id++)
        {
            if (header.TryGetExtension(input, id, out ReadOnlySpan<byte> value))
                FindingException.ThrowUnless(id != 0 && value.Length <= header.LengthBytes, "an extension that cannot be");
        }

        return true;
    }
}
