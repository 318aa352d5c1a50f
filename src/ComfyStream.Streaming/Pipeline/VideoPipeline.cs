using ComfyStream.Media;
using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Streaming.Streams;
using ComfyStream.Transport;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// A publisher's pictures on their way through a workflow: decode and process, each with one latest-frame slot before the next; the
/// output's encode stage takes the results. Access units go in from the publisher's event loop.
/// </summary>
internal sealed class VideoPipeline : IAsyncDisposable
{
    private readonly PipelineResources _resources;
    private readonly StreamOutput _output;
    private readonly EncodeStage _encode;
    private readonly ProcessStage _process;
    private readonly DecodeStage _decode;
    private volatile bool _failsOpen;
    private volatile bool _beginsAnew;
    private volatile bool _passesInput;
    private volatile bool _isCut;

    /// <param name="channel">Names the threads.</param>
    /// <param name="workflow">What is done to the pictures.</param>
    /// <param name="processor">The workflow, started.</param>
    /// <param name="resources">Codecs, pools and workers.</param>
    /// <param name="output">Takes the results.</param>
    /// <param name="requestKeyFrame">Asks the publisher for a key frame; on the decode thread or the publisher's loop.</param>
    /// <param name="failures">Told of failures.</param>
    public VideoPipeline(
        string channel, IWorkflow workflow, IFrameProcessor processor, PipelineResources resources, StreamOutput output,
        Action requestKeyFrame, StreamFailures failures)
    {
        (_resources, _output) = (resources, output);
        _failsOpen = workflow.FailsOpen;
        _encode = output.StartEncoder();
        _process = new ProcessStage(channel, workflow, processor, resources.Inference, OnProcessed, failure => failures.Report("workflow", failure));
        _decode = new DecodeStage(channel, resources, OnDecoded, requestKeyFrame, failure => failures.Report("decode", failure));
    }

    /// <summary>Whether the input may be shown while the workflow fails.</summary>
    public bool FailsOpen => _failsOpen;

    /// <summary>The running workflow, for the statistics.</summary>
    public ProcessStage Process => _process;

    /// <summary>What became of the pictures.</summary>
    public FrameCounts Counts => new(
        _process.ProcessedCount, _process.ReplacedCount, _process.FailedCount + _decode.DiscardedCount, _process.LateCount, _process.HangCount,
        _process.AbandonedCount);

    /// <summary>Times of the stages.</summary>
    public IEnumerable<StageTimes> Times => [_decode.Times, _process.Times];

    /// <summary>Makes the running workflow another one: see <see cref="ProcessStage.TryReplace"/>.</summary>
    /// <param name="isAnother">Viewers who join are to see nothing of the one before: its first picture is a key frame.</param>
    public bool TryReplace(IWorkflow next, bool isAnother, CancellationToken cancellation)
    {
        if (!_process.TryReplace(next, cancellation))
            return false;
        _failsOpen = next.FailsOpen;
        if (!isAnother)
            return true;
        _output.Hub.ForgetPictures();
        _beginsAnew = true;
        return true;
    }

    /// <summary>Hands an access unit over (takes it); on the publisher's event loop.</summary>
    public void Enqueue(EncodedFrame frame) => _decode.Enqueue(frame);

    /// <summary>Does what the output's watch decided, and looks for a workflow that hangs; on the supervisor's thread.</summary>
    public void Supervise(TimeSpan now)
    {
        _process.Supervise(now);

        // What the output shows may have been decided for the publisher before, whose workflow failed open.
        _passesInput = FailsOpen && _output.Watch.Showing == Showing.Input;
    }

    /// <summary>Nothing more reaches the output, which is the next publisher's (any thread).</summary>
    public void Cut() => _isCut = true;

    /// <summary>Ends both stages, first to last; completes when the workflow has let go of its picture. Nobody may enqueue any more.</summary>
    public async ValueTask DisposeAsync()
    {
        Cut();
        _decode.Complete();
        await _process.CompleteAsync().ConfigureAwait(false);
    }

    private void OnDecoded(VideoFrame frame)
    {
        _output.Watch.NoteReceived(EventLoop.Now);

        // While nobody watches, pictures are decoded, so that the next viewer starts at once, and dropped. The first goes through in
        // any case: it loads the model, and tells those who wait for it that the stream is ready.
        if (_output.Hub.VideoCount == 0 && _process.ProcessedCount + _process.FailedCount > 0)
        {
            frame.Return();
            return;
        }

        if (_passesInput)
            PassInput(frame);
        _process.Publish(frame);
    }

    private void OnProcessed(VideoFrame frame)
    {
        if (_isCut)
        {
            frame.Return();
            return;
        }

        if (_passesInput)
        {
            _passesInput = false;
            _output.Watch.NoteShown(EventLoop.Now);
        }

        if (_beginsAnew)
        {
            _beginsAnew = false;
            _encode.BeginAnew();
        }

        _encode.Publish(frame);
    }

    private void PassInput(VideoFrame frame)
    {
        if (_isCut)
            return;
        VideoFrame copy = _resources.VideoFrames.Rent(frame.Width, frame.Height);
        copy.CopyPixelsFrom(frame);
        copy.CopyPropertiesFrom(frame);
        _encode.Publish(copy);
    }
}
