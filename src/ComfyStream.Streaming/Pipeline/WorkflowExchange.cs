using ComfyStream.Media;
using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Streaming.Sessions;
using ComfyStream.Streaming.Streams;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// Puts another workflow in the place of a stream's while it runs: prepared beside it, taking over at a frame boundary. What cannot run
/// here changes nothing. Called under the stream's gate.
/// </summary>
internal sealed class WorkflowExchange(PipelineResources? resources, ILogger logger)
{
    // Models are loaded and run once.
    private static readonly TimeSpan PreparationTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CancellationTime = TimeSpan.FromSeconds(12);

    // Longer than any camera takes that sends key frames when it is asked for one.
    private static readonly TimeSpan KeyFrameTime = TimeSpan.FromSeconds(5);

    // The picture that warms a workflow up is so much older than the stream's, so that nodes take what follows as new.
    private static readonly TimeSpan LongAgo = TimeSpan.FromHours(1);

    /// <summary>Checks that a workflow can run here, and starts it for a publisher that comes. Null: its input is forwarded.</summary>
    /// <exception cref="MediaException">It cannot; the message says why.</exception>
    public IFrameProcessor? CreateProcessor(IWorkflow workflow)
    {
        if (workflow.IsPassthrough || !workflow.HasVideoOutput)
            return null;
        return resources is not null
            ? workflow.CreateProcessor()
            : throw new MediaException("no codec library (libavcodec) is installed; run ./comfystream setup, or use the workflow 'passthrough'");
    }

    /// <summary>Makes the pipeline of a publisher's input (takes the processor).</summary>
    public VideoPipeline CreatePipeline(RelayStream stream, StreamInput input, IWorkflow workflow, IFrameProcessor processor) =>
        new(stream.Channel, workflow, processor, resources!, stream.Processed, input.RequestSourceKeyFrame, stream.Failures);

    /// <summary>Exchanges. True when the new one runs, or is that of the next publisher; false when it waits for the publisher's next key frame.</summary>
    /// <param name="isAnother">It is another workflow, not the same with other values: who joins is to see nothing of the one before.</param>
    /// <exception cref="MediaException">It cannot run here; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing has changed.</exception>
    public async Task<bool> ExchangeAsync(RelayStream stream, IWorkflow next, bool isAnother, CancellationToken cancellation)
    {
        if (stream.Publisher is not { } publisher)
        {
            await TryRunAsync(next, cancellation).ConfigureAwait(false);
            Note(stream, next, isAnother);
            return true;
        }

        StreamInput input = publisher.Input;
        if (input is { Pipeline: { } running, IsChanging: false } && await TryReplaceAsync(running, next, isAnother, cancellation).ConfigureAwait(false))
        {
            Note(stream, next, isAnother);
            return true;
        }

        IFrameProcessor? processor = null;
        await PrepareAsync(token => processor = Prepare(next, input.Format, token), cancellation).ConfigureAwait(false);
        if (processor is null && input is { Pipeline: null, IsChanging: false })
        {
            Note(stream, next, isAnother);
            return true;
        }

        Task changed = input.ChangeAsync(next, processor is null ? null : CreatePipeline(stream, input, next, processor));
        Note(stream, next, isAnother);
        return await Task.WhenAny(changed, Task.Delay(KeyFrameTime, CancellationToken.None)).ConfigureAwait(false) == changed;
    }

    /// <summary>Starts a workflow and ends it again.</summary>
    /// <exception cref="MediaException">It cannot run here; the message says why.</exception>
    public Task TryRunAsync(IWorkflow workflow, CancellationToken cancellation) =>
        PrepareAsync(token => Prepare(workflow, null, token)?.Dispose(), cancellation);

    private void Note(RelayStream stream, IWorkflow next, bool isAnother)
    {
        stream.SetWorkflow(next);
        if (isAnother)
            logger.ChangesWorkflow(stream.Channel, next.Name);
    }

    private static async Task<bool> TryReplaceAsync(VideoPipeline running, IWorkflow next, bool isAnother, CancellationToken cancellation)
    {
        if (next.IsPassthrough || !next.HasVideoOutput)
            return false;
        bool isReplaced = false;
        try
        {
            await PrepareAsync(token => isReplaced = running.TryReplace(next, isAnother, token), cancellation).ConfigureAwait(false);
        }
        catch (MediaException)
        {
            // It may hang, or be of another kind: a pipeline of its own tells whether the new one can run.
        }

        return isReplaced;
    }

    // A picture of the stream's size goes through before it takes over.
    private IFrameProcessor? Prepare(IWorkflow workflow, SourceFormat? format, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (CreateProcessor(workflow) is not { } processor)
            return null;
        try
        {
            using CancellationTokenRegistration registration = cancellation.Register(processor.Cancel);
            if (format is { Width: > 0, Height: > 0 })
                processor.Process(Grey(format.Width, format.Height)).Return();
            cancellation.ThrowIfCancellationRequested();
            return processor;
        }
        catch (Exception failure)
        {
            processor.Dispose();
            cancellation.ThrowIfCancellationRequested();
            throw failure as MediaException ?? new MediaException($"the workflow fails: {failure.Message}");
        }
    }

    private VideoFrame Grey(int width, int height)
    {
        VideoFrame frame = resources!.VideoFrames.Rent(width & ~1, height & ~1);
        frame.Fill(128, 128, 128);
        frame.MediaTime = Transport.EventLoop.Now - LongAgo;
        return frame;
    }

    // On a thread of its own that gives way: models compute.
    private static async Task PrepareAsync(Action<CancellationToken> prepare, CancellationToken cancellation)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(PreparationTime);
        Task preparation = Task.Factory.StartNew(
            () =>
            {
                PipelineThread.GiveWay();
                prepare(limit.Token);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _ = preparation.ContinueWith(_ => limit.Dispose(), TaskScheduler.Default);
        try
        {
            await preparation.WaitAsync(PreparationTime + CancellationTime, CancellationToken.None).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new MediaException($"it is not ready after {PreparationTime.TotalSeconds:0} s");
        }
        catch (TimeoutException)
        {
            throw new MediaException($"it did not come back for {(PreparationTime + CancellationTime).TotalSeconds:0} s and could not be stopped");
        }
    }
}
