using System.Globalization;
using ComfyStream.Benchmarks.Relaying;

namespace ComfyStream.Benchmarks.Micro;

/// <summary>
/// What a call of each operation may allocate: a file in the repository, and the check that none allocates more. A round can contain
/// what happens once (a pool that grows, the compiler's own work), so that the least of a few rounds counts.
/// </summary>
internal static class AllocationTable
{
    private const int MostRounds = 20;

    // The compiler works in the background; what it makes of an operation may allocate less.
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    private static string FilePath => Path.Combine(Repository.Root, "bench", "ComfyStream.Benchmarks", "Micro", "allocations.md");

    private static string Header =>
        """
        # Managed bytes that a call of each operation allocates

        A test fails when an operation allocates more than its line says, or has none. `SrtpBenchmarks.Unprotect` makes a context for 256 packets.
        Written by `dotnet run -c Release --project bench/ComfyStream.Benchmarks -- micro --write-allocations`.

        | operation | bytes |
        | --- | ---: |

        """;

    /// <summary>Runs all operations and writes the file anew.</summary>
    public static void Write(IEnumerable<Type> types)
    {
        IEnumerable<string> lines = types.SelectMany(Operation.AllOf).Select(operation => $"| {operation.Name} | {Measure(operation, allowed: 0)} |\n");
        File.WriteAllText(FilePath, Header + string.Concat(lines));
        Console.WriteLine($"Written: {FilePath}");
    }

    /// <summary>Runs all operations and says which allocate more than the file allows. True if none does.</summary>
    public static bool Check(IEnumerable<Type> types)
    {
        Dictionary<string, long> allowed = Read();
        int wrong = 0;
        int count = 0;
        foreach (Operation operation in types.SelectMany(Operation.AllOf))
        {
            count++;
            bool isKnown = allowed.Remove(operation.Name, out long most);
            long bytes = Measure(operation, most);
            if (isKnown && bytes <= most)
                continue;
            wrong++;
            Console.WriteLine(isKnown
                ? $"{operation.Name} allocates {bytes} bytes, {most} are allowed"
                : $"{operation.Name} allocates {bytes} bytes and has no line");
        }

        foreach (string name in allowed.Keys)
            Console.WriteLine($"{name} has a line and is no operation");
        wrong += allowed.Count;
        Console.WriteLine(wrong == 0 ? $"{count} operations allocate what they may" : $"{wrong} lines are wrong in {FilePath}");
        return wrong == 0;
    }

    private static long Measure(Operation operation, long allowed)
    {
        long least = operation.MeasureRound();
        for (int round = 1; round < MostRounds && least > allowed; round++)
        {
            Thread.Sleep(_pause);
            least = Math.Min(least, operation.MeasureRound());
        }

        return least;
    }

    private static Dictionary<string, long> Read() => File.ReadLines(FilePath)
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
        .Where(cells => cells.Length == 4 && long.TryParse(cells[2], NumberStyles.None, CultureInfo.InvariantCulture, out _))
        .ToDictionary(cells => cells[1], cells => long.Parse(cells[2], CultureInfo.InvariantCulture));
}
