namespace ComfyStream.Workflows.Detection;

/// <summary>
/// Non-maximum suppression as BlazeFace has it: of the boxes around one face, the best says which belong together and their mean,
/// weighted by score, is the result. The mean trembles less from picture to picture than the best one does.
/// </summary>
internal static class BoxMerger
{
    /// <summary>Boxes that have more than this in common show the same thing.</summary>
    public const float MinCommonPart = 0.3f;

    /// <summary>Moves <paramref name="candidates"/> to <paramref name="result"/>, best first; the least sure are left out when it is full.</summary>
    public static void Merge(BoxList candidates, BoxList result)
    {
        result.Clear();
        while (candidates.Count > 0 && !result.IsFull)
            result.Add(TakeBest(candidates));
        candidates.Clear();
    }

    private static Box TakeBest(BoxList candidates)
    {
        Box best = candidates.Items[IndexOfBest(candidates.Items)];
        var sum = new Box { Score = 0 };
        for (int i = candidates.Count - 1; i >= 0; i--)
        {
            if (Box.IntersectionOverUnion(best, candidates.Items[i]) <= MinCommonPart)
                continue;
            AddWeighted(ref sum, candidates.Items[i]);
            candidates.RemoveAt(i);
        }

        return Divide(sum, best.Score);
    }

    private static int IndexOfBest(ReadOnlySpan<Box> boxes)
    {
        int best = 0;
        for (int i = 1; i < boxes.Length; i++)
        {
            if (boxes[i].Score > boxes[best].Score)
                best = i;
        }

        return best;
    }

    private static void AddWeighted(ref Box sum, in Box box)
    {
        float weight = box.Score;
        sum.Left += weight * box.Left;
        sum.Top += weight * box.Top;
        sum.Right += weight * box.Right;
        sum.Bottom += weight * box.Bottom;
        sum.Score += weight;
        for (int i = 0; i < KeyPoints.Count; i++)
            sum.Points[i] += weight * box.Points[i];
    }

    private static Box Divide(in Box sum, float score)
    {
        float scale = 1 / sum.Score;
        var mean = new Box(scale * sum.Left, scale * sum.Top, scale * sum.Right, scale * sum.Bottom, score);
        for (int i = 0; i < KeyPoints.Count; i++)
            mean.Points[i] = scale * sum.Points[i];
        return mean;
    }
}
