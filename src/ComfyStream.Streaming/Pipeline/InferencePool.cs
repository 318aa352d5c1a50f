using ComfyStream.Transport;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// The workers that run workflows: streams take turns, with one picture in flight each, so that a slow stream delays the
/// others by at most one picture a worker.
/// </summary>
internal sealed class InferencePool
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

    /// <summary>
    /// Queues a stage that has a picture; a stage is queued at most once at a time, so the queue cannot overflow. False once stopped.
    /// </summary>
    public bool Schedule(ProcessStage stage)
    {
        if (!_ready.TryEnqueue(stage))
            return false;
        _readyCount.Release();
        return true;
    }

    /// <summary>
    /// Takes no more work and ends the workers. False when a workflow held one for longer than <paramref name="patience"/>: it ends with
    /// its picture.
    /// </summary>
    public bool Stop(TimeSpan patience)
    {
        _ready.Complete();
        _stopping = true;
        _readyCount.Release(_workers.Length);
        TimeSpan limit = EventLoop.Now + patience;
        return Array.TrueForAll(_workers, worker => worker.Join(limit > EventLoop.Now ? limit - EventLoop.Now : TimeSpan.Zero));
    }

    private void Work()
    {
        while (true)
        {
            _readyCount.Wait();
            ProcessStage? stage;

            // What was counted may lie behind a stage that another thread is still adding.
            for (SpinWait wait = default; !_ready.TryDequeue(out stage); wait.SpinOnce())
            {
                if (_stopping && _ready.Count == 0)
                    return;
            }

            stage.RunOne();
        }
    }
}
