using System.Buffers.Binary;
using System.Reflection;
using ComfyStream.Media;
using ComfyStream.Media.H264;
using ComfyStream.Media.Libav;

namespace ComfyStream.Fuzzing.Targets;

/// <summary>
/// Access units into the real decoder, made anew for each input. Native code may say of a picture what it likes, as long as it
/// neither crashes nor hangs nor holds memory without bound.
/// </summary>
internal sealed class DecoderTarget(MediaCodec codec, string name, params string[] seedFiles) : IFuzzTarget
{
    private const int IvfHeaderBytes = 32;
    private const int IvfFrameHeaderBytes = 12;
    private const int FirstMacroblockIsZero = 0x80;

    /// <summary>Sixteen pictures of the largest size that H.264 refers to, as many that wait for their turn, and the pools behind both.</summary>
    private const long MostNativeBytes = 1L << 30;

    private readonly Lazy<LibavCodecFactory> _factory = new(Load);
    private readonly EncodedFramePool _encoded = new();
    private readonly long _bytesBefore = Environment.WorkingSet;

    public string Name => name;

    public IReadOnlyList<byte[]> Seeds { get; } = [.. seedFiles.Select(ReadSeed)];

    /// <summary>Headers of pictures of 16383x16383, of the largest that is decoded and of the smallest; start codes, and what hides them.</summary>
    public IReadOnlyList<byte[]> Words { get; } = codec == MediaCodec.Vp8
        ? [[0x9D, 1, 0x2A, 0xFF, 0x3F, 0xFF, 0x3F], [0x9D, 1, 0x2A, 0, 0x10, 0, 9], [0x9D, 1, 0x2A, 1, 0, 1, 0], [0x9D, 1, 0x2A]]
        : [[0, 0, 0, 1], [0, 0, 1, 0x65, 0x88], [0, 0, 1, 0x41, 0x9A], [0, 0, 1, 0x67], [0, 0, 1, 0x68], [0, 0, 1, 0x06], [0, 0, 3]];

    public bool Run(Span<byte> input)
    {
        int pictures = 0;
        using var frames = new VideoFramePool(keep: 1);
        using (IVideoDecoder decoder = _factory.Value.CreateVideoDecoder(codec, frames))
        {
            var reader = new OperationReader(input);
            while (reader.MoveNext())
                pictures += Decode(decoder, reader.Body);
            long bytes = Environment.WorkingSet - _bytesBefore;
            FindingException.ThrowUnless(bytes < MostNativeBytes, $"{bytes >> 20} MiB are held for {input.Length} bytes");
        }

        FindingException.ThrowUnless(_encoded.RentedCount == 0 && frames.RentedCount == 0, "a frame that is not returned");
        return pictures > 0;
    }

    private int Decode(IVideoDecoder decoder, ReadOnlySpan<byte> accessUnit)
    {
        EncodedFrame frame = _encoded.Rent(accessUnit.Length);
        accessUnit.CopyTo(frame.WritableData);
        frame.Codec = codec;
        decoder.TryWrite(frame);
        frame.Release();
        int pictures = 0;
        while (decoder.TryRead(out VideoFrame? picture))
        {
            bool isPossible = picture!.Width >= 16 && picture.Height >= 16 && picture.Width * picture.Height <= LibavVideoDecoder.MaxPixels;
            picture.Return();
            FindingException.ThrowUnless(isPossible, $"a picture of {picture.Width}x{picture.Height}");
            FindingException.ThrowUnless(++pictures <= 64, "pictures without end");
        }

        return pictures;
    }

    private static LibavCodecFactory Load() =>
        LibavCodecFactory.TryLoad(out LibavCodecFactory? factory, out string problem) ? factory : throw new InvalidOperationException(problem);

    private static byte[] ReadSeed(string file)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(file)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return OperationReader.Write((file.EndsWith(".ivf", StringComparison.Ordinal) ? SplitIvf(bytes) : SplitAnnexB(bytes)).Select(unit => ((byte)0, unit)));
    }

    private static List<byte[]> SplitIvf(byte[] file)
    {
        List<byte[]> frames = [];
        for (int at = IvfHeaderBytes; at < file.Length;)
        {
            int byteCount = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at));
            frames.Add(file.AsSpan(at + IvfFrameHeaderBytes, byteCount).ToArray());
            at += IvfFrameHeaderBytes + byteCount;
        }

        return frames;
    }

    // What is no slice belongs to the picture behind it.
    private static List<byte[]> SplitAnnexB(byte[] file)
    {
        List<byte[]> accessUnits = [];
        List<byte> current = [];
        bool hasSlice = false;
        foreach (ReadOnlySpan<byte> unit in AnnexB.EnumerateNalUnits(file))
        {
            bool isSlice = AnnexB.TypeOf(unit) is NalUnitType.NonIdrSlice or NalUnitType.IdrSlice;
            if (hasSlice && (!isSlice || (unit[1] & FirstMacroblockIsZero) != 0))
            {
                accessUnits.Add([.. current]);
                current.Clear();
                hasSlice = false;
            }

            current.AddRange([0, 0, 0, 1, .. unit]);
            hasSlice |= isSlice;
        }

        return [.. accessUnits, [.. current]];
    }
}
