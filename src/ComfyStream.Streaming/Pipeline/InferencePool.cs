using ComfyStream.Transport;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// The workers that run workflows: streams take turns, with one picture in flight each, so that a slow stream delays the
/// others by at most one picture a worker.
/// </summary>
internal sealed class InferencePool : IDisposable
{
    private const int MostStreams = 4096;

    private readonly BoundedQueue<ProcessStage> _ready = new(MostStreams);
    private readonly SemaphoreSlim _readyCount = new(0);
    private readonly Thread[] _workers;
    private volatile bool _stopping;

    public InferencePool(int workers)
    {
        _workers = new Thread[workers];
        for (int i = 0; i < workers; i++)
        {
            _workers[i] = new Thread(Work) { Name = $"infer-{i}", IsBackground = true };
            _workers[i].Start();
        }
    }

    /// <summary>Queues a stage that has a picture; a stage is queued at most once at a time, so the queue cannot overflow.</summary>
    public bool Schedule(ProcessStage stage)
    {
        if (!_ready.TryEnqueue(stage))
            return false;
        _readyCount.Release();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping = true;
        _readyCount.Release(_workers.Length);
        foreach (Thread worker in _workers)
            worker.Join();
        _readyCount.Dispose();
    }

    private void Work()
    {
        while (true)
        {
            _readyCount.Wait();
            if (_ready.TryDequeue(out ProcessStage? stage))
                stage.RunOne();
            else if (_stopping)
                return;
        }
    }
}
