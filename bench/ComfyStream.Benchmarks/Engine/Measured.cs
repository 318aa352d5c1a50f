using System.Diagnostics;

namespace ComfyStream.Benchmarks.Engine;

/// <summary>Times of things that take turns, so that all meet the same machine; of each the best round counts.</summary>
internal static class Measured
{
    /// <summary>Microseconds of the process's CPU, and of the wall clock, for a call of each.</summary>
    public static (double Cpu, double Wall)[] InTurns(int rounds, int calls, params Action[] actions)
    {
        var best = new (double Cpu, double Wall)[actions.Length];
        Array.Fill(best, (double.MaxValue, double.MaxValue));
        foreach (Action action in actions)
            Repeat(action, calls);
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < actions.Length; i++)
            {
                TimeSpan cpu = Environment.CpuUsage.TotalTime;
                long wall = Stopwatch.GetTimestamp();
                Repeat(actions[i], calls);
                TimeSpan elapsed = Stopwatch.GetElapsedTime(wall);
                double used = (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / calls;
                best[i] = (Math.Min(best[i].Cpu, used), Math.Min(best[i].Wall, elapsed.TotalMicroseconds / calls));
            }
        }

        return best;
    }

    private static void Repeat(Action action, int calls)
    {
        for (int i = 0; i < calls; i++)
            action();
    }
}
