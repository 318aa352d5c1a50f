using System.Diagnostics.CodeAnalysis;
using ComfyStream.Transport;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// The workers that run workflows: streams take turns, with one picture in flight each, so that a slow stream delays the
/// others by at most one picture a worker. A worker whose call takes long or was given up is replaced, and ends when it returns.
/// </summary>
internal sealed class InferencePool
{
    /// <summary>As many workers are replaced at a time; the next one is not.</summary>
    public const int MostBlocked = 16;

    private const int MostStreams = 4096;

    private readonly BoundedQueue<ProcessStage> _ready = new(MostStreams);
    private readonly SemaphoreSlim _readyCount = new(0);
    private readonly int _wanted;
    private volatile bool _stopping;

    // Guards all that follows.
    private readonly Lock _lock = new();
    private readonly List<Thread> _threads = [];
    private int _running;
    private int _blocked;
    private int _started;

    public InferencePool(int workers)
    {
        _wanted = workers;
        lock (_lock)
        {
            for (int i = 0; i < workers; i++)
                StartWorker();
        }
    }

    /// <summary>Workers that take turns; fewer than the pool was made with only while too many calls hang.</summary>
    public int RunningCount
    {
        get
        {
            lock (_lock)
                return _running;
        }
    }

    /// <summary>Calls that have not returned and whose worker was replaced: each holds a thread and its picture.</summary>
    public int BlockedCount
    {
        get
        {
            lock (_lock)
                return Math.Max(0, _blocked);
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
    /// Starts a worker in the place of one whose call is given up (any thread). False when too many calls hang already: the pool
    /// then has one worker less until one of them returns.
    /// </summary>
    public bool TryReplaceWorker()
    {
        lock (_lock)
        {
            _running--;
            if (++_blocked > MostBlocked)
                return false;
            StartWorker();
            return true;
        }
    }

    /// <summary>
    /// Starts a worker beside one whose call takes long, so that the other streams have their turns (any thread). False when too many
    /// do already; nothing has changed then.
    /// </summary>
    public bool TryStandIn()
    {
        lock (_lock)
            return _blocked < MostBlocked && TryReplaceWorker();
    }

    /// <summary>
    /// Takes no more work and ends the workers. False when a workflow held one, given up or not, for longer than
    /// <paramref name="patience"/>: it ends with its picture.
    /// </summary>
    public bool Stop(TimeSpan patience)
    {
        lock (_lock)
        {
            _ready.Complete();
            _stopping = true;
            _readyCount.Release(_threads.Count);
        }

        TimeSpan limit = EventLoop.Now + patience;
        for (int i = 0; GetThread(i) is { } thread; i++)
        {
            TimeSpan left = limit - EventLoop.Now;
            if (!thread.Join(left > TimeSpan.Zero ? left : TimeSpan.Zero))
                return false;
        }

        return true;
    }

    private Thread? GetThread(int index)
    {
        lock (_lock)
            return index < _threads.Count ? _threads[index] : null;
    }

    private void StartWorker()
    {
        if (_stopping)
            _readyCount.Release();
        else
            _threads.RemoveAll(thread => !thread.IsAlive);
        var worker = new Thread(Work) { Name = $"infer-{_started++}", IsBackground = true };
        worker.Start();
        _threads.Add(worker);
        _running++;
    }

    private void Work()
    {
        PipelineThread.GiveWay();
        while (TryTake(out ProcessStage? stage))
        {
            if (!stage.RunOne() && !TryRejoin())
                return;
        }

        lock (_lock)
            _running--;
    }

    private bool TryTake([NotNullWhen(true)] out ProcessStage? stage)
    {
        _readyCount.Wait();

        // What was counted may lie behind a stage that another thread is still adding.
        for (SpinWait wait = default; !_ready.TryDequeue(out stage); wait.SpinOnce())
        {
            if (_stopping && _ready.Count == 0)
                return false;
        }

        return true;
    }

    /// <summary>Whether there is room for a worker who comes back from a call that it was replaced in.</summary>
    private bool TryRejoin()
    {
        lock (_lock)
        {
            _blocked--;
            if (_running >= _wanted)
                return false;
            _running++;
            return true;
        }
    }
}
