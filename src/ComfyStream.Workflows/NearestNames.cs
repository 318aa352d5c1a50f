namespace ComfyStream.Workflows;

/// <summary>What somebody may have meant who wrote a class that does not exist.</summary>
internal static class NearestNames
{
    private const int MaxNames = 3;
    private const int MaxLength = 64;

    /// <summary>The end of a sentence: the nearest classes, or all of them where none is near.</summary>
    public static string Suggest(string written, NodeCatalog catalog)
    {
        string wanted = written.Length > MaxLength ? written[..MaxLength] : written;
        string[] near = [.. catalog.Descriptors
            .Select(descriptor => (Name: descriptor.ClassType, Distance: Distance(wanted, descriptor.ClassType)))
            .Where(found => found.Distance <= Math.Max(2, wanted.Length / 3) || found.Name.Contains(wanted, StringComparison.OrdinalIgnoreCase))
            .OrderBy(found => found.Distance)
            .Select(found => found.Name)
            .Take(MaxNames)];
        return near.Length > 0 ? $"did you mean {string.Join(" or ", near)}?" : "GET /object_info lists those that there are";
    }

    /// <summary>Levenshtein's: letters to insert, delete or exchange, upper and lower case being alike.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int exchange = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(exchange, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
