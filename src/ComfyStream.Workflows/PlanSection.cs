namespace ComfyStream.Workflows;

/// <summary>Steps in a row that can be run side by side, by branch; steps of a branch follow on one another.</summary>
/// <param name="First">The first step.</param>
/// <param name="Count">How many steps there are.</param>
/// <param name="Branches">Steps of each branch, in order; one branch where there is nothing to run side by side.</param>
internal sealed record PlanSection(int First, int Count, IReadOnlyList<int[]> Branches)
{
    /// <summary>Longer ones are not looked for: it keeps what a large graph costs to compile linear.</summary>
    private const int MostSteps = 64;

    /// <summary>Divides steps so that the sections are as long as they can be.</summary>
    public static IReadOnlyList<PlanSection> Divide(IReadOnlyList<PlanStep> steps)
    {
        List<int>[] needed = FindNeeded(steps);
        var sections = new List<PlanSection>();
        for (int first = 0; first < steps.Count; first += sections[^1].Count)
            sections.Add(Longest(steps, needed, first));
        return sections;
    }

    /// <summary>For each step those before it whose results it reads, or who read what it overwrites.</summary>
    private static List<int>[] FindNeeded(IReadOnlyList<PlanStep> steps)
    {
        var giver = new Dictionary<int, int>();
        var readers = new Dictionary<int, List<int>>();
        var needed = new List<int>[steps.Count];
        for (int i = 0; i < steps.Count; i++)
        {
            needed[i] = [];
            foreach (int slot in steps[i].Inputs.Where(slot => slot >= 0))
            {
                if (giver.TryGetValue(slot, out int step))
                    needed[i].Add(step);
                if (slot == steps[i].OverwrittenSlot)
                    needed[i].AddRange(readers.GetValueOrDefault(slot, []));
                if (!readers.TryAdd(slot, [i]))
                    readers[slot].Add(i);
            }

            foreach (int slot in steps[i].Outputs)
                giver[slot] = i;
        }

        return needed;
    }

    private static PlanSection Longest(IReadOnlyList<PlanStep> steps, List<int>[] needed, int first)
    {
        var branchOf = new List<int>();
        List<int>? best = null;
        for (int i = first; i < Math.Min(steps.Count, first + MostSteps) && !steps[i].IsConstant; i++)
        {
            branchOf.Add(i);
            foreach (int earlier in needed[i].Where(earlier => earlier >= first))
                Join(branchOf, branchOf[earlier - first], i);
            if (branchOf.Exists(branch => branch != i))
                best = [.. branchOf];
            else if (best is not null)
                break;
        }

        best ??= [first];
        return new PlanSection(first, best.Count, [.. best.Select((branch, i) => (branch, Step: first + i)).GroupBy(pair => pair.branch, pair => pair.Step).Select(group => group.ToArray())]);
    }

    private static void Join(List<int> branchOf, int from, int to)
    {
        for (int i = 0; i < branchOf.Count; i++)
        {
            if (branchOf[i] == from)
                branchOf[i] = to;
        }
    }
}
