using BenchmarkDotNet.Attributes;
using ComfyStream.Benchmarks.Camera;
using ComfyStream.Benchmarks.Relaying;
using ComfyStream.Media;
using ComfyStream.Media.Libav;
using ComfyStream.Workflows;

namespace ComfyStream.Benchmarks.Micro;

/// <summary>What a stream with a workflow does for each picture of 1280x720.</summary>
public unsafe class PictureBenchmarks
{
    private const int Width = 1280;
    private const int Height = 720;
    private const int FramesPerSecond = 30;

    private readonly EncodedFramePool _coded = new();
    private readonly List<VideoFrame> _pictures = [];
    private VideoFramePool _frames = null!;
    private CameraClip _clip = null!;
    private IVideoDecoder _decoder = null!;
    private IVideoEncoder _encoder = null!;
    private WorkflowLibrary _library = null!;
    private IFrameProcessor _blur = null!;
    private int _next = -1;
    private long _encoded;

    [GlobalSetup]
    public void Setup()
    {
        if (!LibavCodecFactory.TryLoad(out LibavCodecFactory? codecs, out string problem))
            throw new InvalidOperationException(problem);
        _frames = new VideoFramePool(64);
        _clip = CameraClip.Create(codecs, Width, Height, FramesPerSecond);
        _decoder = codecs.CreateVideoDecoder(MediaCodec.H264, _frames);
        _encoder = codecs.CreateVideoEncoder(MediaCodec.H264, Width, Height, FramesPerSecond, CameraClip.VideoBitRate, _coded);
        _library = ShippedWorkflows.Open(_frames);
        _blur = ShippedWorkflows.Find(_library, "background-blur").CreateProcessor();
        for (int i = 0; i < FramesPerSecond; i++)
            _pictures.Add(DecodeNext() ?? throw new InvalidOperationException("The decoder holds pictures back."));
    }

    [Benchmark]
    public void Decode() => DecodeNext()?.Return();

    [Benchmark(Description = "background-blur (and a copy of the picture)")]
    public void Blur()
    {
        VideoFrame source = _pictures[Next(_pictures.Count)];
        VideoFrame input = _frames.Rent(Width, Height);
        Copy(source.Y, input.Y, source.StrideY * Height);
        Copy(source.U, input.U, source.StrideUv * Height / 2);
        Copy(source.V, input.V, source.StrideUv * Height / 2);
        input.CopyPropertiesFrom(source);
        input.MediaTime = NextTime();
        _blur.Process(input).Return();
    }

    [Benchmark]
    public void Encode()
    {
        VideoFrame picture = _pictures[Next(_pictures.Count)];
        picture.MediaTime = NextTime();
        if (_encoder.TryEncode(picture, forceKeyFrame: false, out EncodedFrame? encoded))
            encoded!.Release();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _blur.Dispose();
        _library.Dispose();
        _encoder.Dispose();
        _decoder.Dispose();
        _pictures.ForEach(picture => picture.Return());
        _frames.Dispose();
    }

    private static void Copy(byte* source, byte* target, int byteCount) => Buffer.MemoryCopy(source, target, byteCount, byteCount);

    private VideoFrame? DecodeNext()
    {
        _decoder.TryWrite(_clip.Pictures[Next(_clip.Pictures.Count)]);
        return _decoder.TryRead(out VideoFrame? picture) ? picture : null;
    }

    private int Next(int count) => _next = (_next + 1) % count;

    private TimeSpan NextTime() => TimeSpan.FromSeconds((double)_encoded++ / FramesPerSecond);
}
