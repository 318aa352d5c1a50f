using System.Collections.Concurrent;
using System.Diagnostics;
using ComfyStream.Benchmarks.Camera;
using ComfyStream.Media;
using ComfyStream.Streaming;
using ComfyStream.Streaming.Diagnostics;

namespace ComfyStream.Benchmarks.Processing;

/// <summary>
/// Decoder, workflow and encoder, a thread each, with a picture waiting between them at most: each works while the next does. Pictures
/// have the times of the clip, however fast they are.
/// </summary>
internal sealed class AssemblyLine : IDisposable
{
    private readonly StageTimes _decoding = new("decode");
    private readonly StageTimes _processing = new("process");
    private readonly StageTimes _encoding = new("encode");
    private readonly BlockingCollection<VideoFrame> _decoded = new(1);
    private readonly BlockingCollection<VideoFrame> _processed = new(1);
    private readonly CancellationTokenSource _ending = new();
    private readonly EncodedFramePool _coded = new();
    private readonly IFrameProcessor _processor;
    private readonly ICodecFactory _codecs;
    private readonly VideoFramePool _frames;
    private readonly CameraClip _clip;
    private readonly Thread[] _threads;
    private Exception? _fault;

    public AssemblyLine(IFrameProcessor processor, ICodecFactory codecs, VideoFramePool frames, CameraClip clip)
    {
        (_processor, _codecs, _frames, _clip) = (processor, codecs, frames, clip);
        _threads = [.. new Action[] { Decode, Process, Encode }.Select(work => new Thread(() => Guard(work)))];
        foreach (Thread thread in _threads)
            thread.Start();
    }

    /// <summary>Of what goes in.</summary>
    public int Width { get; private set; }

    /// <summary>Of what goes in.</summary>
    public int Height { get; private set; }

    /// <summary>Waits until so many pictures are through.</summary>
    public void WaitFor(int pictures)
    {
        while (_encoding.Snapshot().Frames < pictures)
        {
            ThrowIfFailed();
            Thread.Sleep(10);
        }
    }

    public AssemblySample Sample()
    {
        ThrowIfFailed();
        (StageSnapshot decode, StageSnapshot process, StageSnapshot encode) = (_decoding.Snapshot(), _processing.Snapshot(), _encoding.Snapshot());
        return new(
            Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency, encode.Frames,
            decode.MeanCpuMilliseconds * decode.Frames, process.MeanCpuMilliseconds * process.Frames, encode.MeanCpuMilliseconds * encode.Frames);
    }

    public void Dispose()
    {
        _ending.Cancel();
        foreach (Thread thread in _threads)
            thread.Join();
        foreach (VideoFrame frame in _decoded.Concat(_processed))
            frame.Return();
        _decoded.Dispose();
        _processed.Dispose();
        _ending.Dispose();
    }

    private void Decode()
    {
        using IVideoDecoder decoder = _codecs.CreateVideoDecoder(MediaCodec.H264, _frames);
        for (long i = 0; ; i++)
        {
            StageTimes.Measurement begun = StageTimes.Begin();
            EncodedFrame coded = _clip.Pictures[(int)(i % _clip.Pictures.Count)];
            coded.MediaTime = TimeSpan.FromSeconds((double)i / _clip.FramesPerSecond);
            decoder.TryWrite(coded);
            bool isRead = decoder.TryRead(out VideoFrame? picture);
            _decoding.End(begun);
            if (!isRead)
                continue;
            (Width, Height) = (picture!.Width, picture.Height);
            Hand(picture, _decoded);
        }
    }

    private void Process()
    {
        while (true)
        {
            VideoFrame picture = _decoded.Take(_ending.Token);
            StageTimes.Measurement begun = StageTimes.Begin();
            VideoFrame result = _processor.Process(picture);
            _processing.End(begun);
            Hand(result, _processed);
        }
    }

    private void Encode()
    {
        IVideoEncoder? encoder = null;
        try
        {
            while (true)
            {
                VideoFrame picture = _processed.Take(_ending.Token);
                encoder ??= _codecs.CreateVideoEncoder(MediaCodec.H264, picture.Width, picture.Height, _clip.FramesPerSecond, CameraClip.VideoBitRate, _coded);
                StageTimes.Measurement begun = StageTimes.Begin();
                if (encoder.TryEncode(picture, forceKeyFrame: false, out EncodedFrame? coded))
                    coded!.Release();
                _encoding.End(begun);
                picture.Return();
            }
        }
        finally
        {
            encoder?.Dispose();
        }
    }

    private void Hand(VideoFrame picture, BlockingCollection<VideoFrame> next)
    {
        try
        {
            next.Add(picture, _ending.Token);
        }
        catch (OperationCanceledException)
        {
            picture.Return();
            throw;
        }
    }

    private void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (OperationCanceledException)
        {
        }
#pragma warning disable CA1031 // It is thrown again by the thread that measures.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Volatile.Write(ref _fault, e);
        }
    }

    private void ThrowIfFailed()
    {
        if (Volatile.Read(ref _fault) is { } fault)
            throw new InvalidOperationException(fault.Message, fault);
    }
}

/// <summary>What a line has done; CPU time of all pictures in milliseconds. The difference of two is what it did between them, a picture.</summary>
internal readonly record struct AssemblySample(double Seconds, long Pictures, double Decode, double Process, double Encode)
{
    public static AssemblySample operator -(AssemblySample after, AssemblySample before)
    {
        long pictures = after.Pictures - before.Pictures;
        return new(
            after.Seconds - before.Seconds, pictures,
            (after.Decode - before.Decode) / pictures, (after.Process - before.Process) / pictures, (after.Encode - before.Encode) / pictures);
    }
}
