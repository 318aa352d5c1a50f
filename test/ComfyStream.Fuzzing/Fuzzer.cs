using System.Diagnostics;

namespace ComfyStream.Fuzzing;

/// <summary>
/// Runs one target with mutated inputs until its time is over or something is found: an exception, an input that takes too long or
/// allocates too much. An input that reads or writes beyond the end of its datagram ends the process.
/// </summary>
internal sealed class Fuzzer : IDisposable
{
    private const int MaxCorpus = 4096;
    private const long MaxAllocatedBytes = 256 << 20;
    private static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(20);

    private readonly IFuzzTarget _target;
    private readonly GuardedBuffer _memory = new(Mutator.MaxInputBytes);
    private byte[] _input = [];
    private long _startedAt;
    private long _inputs;

    public Fuzzer(IFuzzTarget target)
    {
        _target = target;
        new Thread(WatchForHanging) { IsBackground = true }.Start();
    }

    /// <summary>Runs mutated inputs. False when something was found, which has been told.</summary>
    public bool Run(int seed, TimeSpan duration)
    {
        var random = new Random(seed);
        var mutator = new Mutator(random, _target.Words);
        List<byte[]> corpus = [.. _target.Seeds];
        foreach (byte[] input in corpus)
        {
            if (!TryRun(input, out bool isSeedAccepted) || !isSeedAccepted)
                return Tell("this seed is not accepted", null);
        }

        long accepted = 0;
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < duration)
        {
            byte[] input = mutator.Mutate(corpus[random.Next(corpus.Count)], corpus[random.Next(corpus.Count)]);
            if (!TryRun(input, out bool isAccepted))
                return false;
            if (!isAccepted)
                continue;

            accepted++;
            if (corpus.Count < MaxCorpus)
                corpus.Add(input);
            else if (random.Next(16) == 0)
                corpus[random.Next(_target.Seeds.Count, MaxCorpus)] = input;
        }

        Console.WriteLine($"{_target.Name}: {_inputs} inputs, {accepted} of them accepted, nothing found (seed {seed}).");
        return true;
    }

    /// <summary>Runs one input. False when it is a finding, which has been told.</summary>
    public bool TryRun(byte[] input, out bool isAccepted)
    {
        _input = input;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        Volatile.Write(ref _startedAt, Stopwatch.GetTimestamp());
        try
        {
            isAccepted = _target.Run(_memory.Place(input));
        }
        catch (Exception exception)
        {
            isAccepted = false;
            return Tell($"{exception.GetType().Name}: {exception.Message}", exception);
        }
        finally
        {
            Volatile.Write(ref _startedAt, 0);
            _inputs++;
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        return allocated <= MaxAllocatedBytes || Tell($"{allocated >> 20} MiB allocated for {input.Length} bytes", null);
    }

    public void Dispose() => _memory.Dispose();

    private bool Tell(string what, Exception? exception)
    {
        Console.WriteLine($"FOUND by {_target.Name} after {_inputs} inputs: {what}");
        Console.WriteLine(exception?.StackTrace);
        Console.WriteLine($"Again: dotnet run -c Release --project test/ComfyStream.Fuzzing -- {_target.Name} --input {Convert.ToHexString(_input)}");
        return false;
    }

    private void WatchForHanging()
    {
        while (true)
        {
            Thread.Sleep(1000);
            long startedAt = Volatile.Read(ref _startedAt);
            if (startedAt == 0 || Stopwatch.GetElapsedTime(startedAt) < MaxDuration)
                continue;
            Tell($"it did not end within {MaxDuration.TotalSeconds} s", null);
            Environment.Exit(1);
        }
    }
}
