using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace ComfyStream.Workflows;

/// <summary>
/// Runs the branches of a section on two threads, where another one is idle and both have enough to do. Owned by the thread that runs
/// the plan; the other one runs <see cref="IBranch"/>.
/// </summary>
internal sealed class SectionRunner(PlanSection section, PlanRunner runner, BranchPool pool) : IBranch
{
    /// <summary>The smaller part is at least as long, or waking another thread costs more than it gives.</summary>
    private static readonly TimeSpan WorthIt = TimeSpan.FromMilliseconds(0.4);

    /// <summary>Pictures until the times are looked at again.</summary>
    private const int Interval = 32;

    private readonly bool[] _isElsewhere = new bool[section.Branches.Count];
    private readonly ManualResetEventSlim _isDone = new();
    private bool _isWorthIt;
    private int _untilJudged = Interval;
    private bool _keepsResults;
    private Exception? _failure;

    /// <summary>Runs all steps and gives back what nobody reads any more. Nothing runs any more when it returns or throws.</summary>
    public void RunAll(bool keepsResults)
    {
        if (section.Branches.Count > 1 && _untilJudged-- == 0)
            Judge();
        _keepsResults = keepsResults;
        if (_isWorthIt && TryFork())
            return;
        for (int i = section.First; i < section.First + section.Count; i++)
        {
            runner.RunStep(i, keepsResults);
            runner.ReleaseAfter(i);
        }
    }

    void IBranch.Run()
    {
        try
        {
            RunBranches(elsewhere: true);
        }
#pragma warning disable CA1031 // It is thrown where the other branches run.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _failure = failure;
        }
    }

    void IBranch.Complete() => _isDone.Set();

    private bool TryFork()
    {
        _isDone.Reset();
        _failure = null;
        if (!pool.TryRun(this))
            return false;
        try
        {
            RunBranches(elsewhere: false);
        }
        finally
        {
            _isDone.Wait();
        }

        if (_failure is not null)
            ExceptionDispatchInfo.Throw(_failure);

        // Either branch may have read what the other one read last.
        for (int i = section.First; i < section.First + section.Count; i++)
            runner.ReleaseAfter(i);
        return true;
    }

    private void RunBranches(bool elsewhere)
    {
        for (int i = 0; i < _isElsewhere.Length; i++)
        {
            if (_isElsewhere[i] != elsewhere)
                continue;
            foreach (int step in section.Branches[i])
                runner.RunStep(step, _keepsResults);
        }
    }

    /// <summary>Puts branches, in order, where less is to do.</summary>
    private void Judge()
    {
        (long here, long elsewhere) = (0, 0);
        for (int i = 0; i < _isElsewhere.Length; i++)
        {
            long ticks = 0;
            foreach (int step in section.Branches[i])
                ticks += runner.LastTicks(step);
            _isElsewhere[i] = elsewhere < here;
            if (_isElsewhere[i])
                elsewhere += ticks;
            else
                here += ticks;
        }

        _isWorthIt = Stopwatch.GetElapsedTime(0, Math.Min(here, elsewhere)) >= WorthIt;
        _untilJudged = Interval;
    }
}
