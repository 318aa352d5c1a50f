namespace ComfyStream.Workflows.Tests;

/// <summary>Folders of what ships, found from where the tests run.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Workflows => Path.Combine(Root, "workflows");

    public static string Models => Path.Combine(Root, "models");

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ComfyStream.slnx")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("ComfyStream.slnx is in no folder above the tests.");
    }
}
