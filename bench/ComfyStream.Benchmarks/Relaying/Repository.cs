namespace ComfyStream.Benchmarks.Relaying;

/// <summary>Where this program was built.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The relay's program: the published one that the launcher names, or the one that was built beside this in the same configuration.</summary>
    public static string RelayProgram
    {
        get
        {
            if (Environment.GetEnvironmentVariable("COMFYSTREAM_PROGRAM") is { Length: > 0 } published)
                return published;
            string output = AppContext.BaseDirectory.TrimEnd('/');
            string configuration = Path.GetFileName(Path.GetDirectoryName(output)!);
            return Path.Combine(Root, "src", "ComfyStream.Cli", "bin", configuration, Path.GetFileName(output), "comfystream.dll");
        }
    }

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "ComfyStream.slnx")))
                return folder;
        }

        throw new InvalidOperationException($"{AppContext.BaseDirectory} is not inside the repository.");
    }
}
