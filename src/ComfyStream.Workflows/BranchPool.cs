using System.Diagnostics.CodeAnalysis;

namespace ComfyStream.Workflows;

/// <summary>
/// Threads that run a branch of a graph beside the thread that runs the rest. As many as there are other cores, 3 at most, for all
/// streams together; nobody waits for one: where none is idle, a branch is run by the thread that has it. One whose branch hangs is
/// never idle again, and when all do, graphs run as without them. Thread-safe; allocates nothing once its threads run.
/// </summary>
internal sealed class BranchPool
{
    private const int MostThreads = 3;

    // Taken last in, first out: its stack and caches are warm.
    private readonly Stack<Helper> _idle = new(MostThreads);
    private readonly Lock _lock = new();
    private readonly int _most;
    private int _started;

    public BranchPool(int? threads = null) => _most = threads ?? Math.Min(Environment.ProcessorCount - 1, MostThreads);

    /// <summary>Of all streams.</summary>
    public static BranchPool Shared { get; } = new();

    /// <summary>
    /// Starts a branch on an idle thread; false when there is none. A thread is made by the first who needs it, and has that one's
    /// priority.
    /// </summary>
    public bool TryRun(IBranch branch)
    {
        if (!TryTake(out Helper? helper))
            return false;
        helper.Start(branch);
        return true;
    }

    private bool TryTake([NotNullWhen(true)] out Helper? helper)
    {
        lock (_lock)
        {
            if (_idle.TryPop(out helper))
                return true;
            if (_started >= _most)
                return false;
            helper = new Helper(this, ++_started);
            return true;
        }
    }

    private void Return(Helper helper)
    {
        lock (_lock)
            _idle.Push(helper);
    }

    private sealed class Helper
    {
        private readonly BranchPool _pool;
        private readonly SemaphoreSlim _hasBranch = new(0);
        private IBranch? _branch;

        public Helper(BranchPool pool, int number)
        {
            _pool = pool;
            new Thread(Work) { Name = $"branch-{number}", IsBackground = true }.Start();
        }

        public void Start(IBranch branch)
        {
            _branch = branch;
            _hasBranch.Release();
        }

        private void Work()
        {
            while (true)
            {
                _hasBranch.Wait();
                IBranch branch = _branch!;
                _branch = null;

                // Idle before the other side is told, so that its next picture finds this thread.
                branch.Run();
                _pool.Return(this);
                branch.Complete();
            }
        }
    }
}

/// <summary>What a thread of <see cref="BranchPool"/> runs.</summary>
internal interface IBranch
{
    /// <summary>Does it; never throws.</summary>
    void Run();

    /// <summary>Tells whoever waits that it is done.</summary>
    void Complete();
}
