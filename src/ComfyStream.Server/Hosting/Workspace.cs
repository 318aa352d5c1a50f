namespace ComfyStream.Server.Hosting;

/// <summary>The operator's folder, and what ships beside the program. Made where it is missing.</summary>
public sealed class Workspace
{
    private static readonly string[] _folders = ["workflows", "models", "input", "recordings"];

    private Workspace(string path)
    {
        Path = path;
        WorkflowFolders = Existing(Inside("workflows"), Inside("user", "default", "workflows"), Shipped("workflows"));
        ModelFolders = Existing(Inside("models"), Shipped("models"));
        InputFolder = Inside("input");
    }

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>Where workflows are looked for, in order; the second is ComfyUI's.</summary>
    public IReadOnlyList<string> WorkflowFolders { get; }

    /// <summary>Where models are looked for, in order.</summary>
    public IReadOnlyList<string> ModelFolders { get; }

    /// <summary>Where pictures are that workflows may load.</summary>
    public string InputFolder { get; }

    /// <summary>Makes the folders that are missing.</summary>
    /// <exception cref="ServeException">It cannot be made or read.</exception>
    public static Workspace Open(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        try
        {
            foreach (string folder in _folders)
            {
                string inside = Directory.CreateDirectory(System.IO.Path.Combine(full, folder)).FullName;
                _ = Directory.EnumerateFileSystemEntries(inside).Any();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ServeException($"The workspace {full} cannot be used: {e.Message} Choose a folder that you may write to: --workspace DIR.");
        }
        return new Workspace(full);
    }

    /// <summary>Looks at it as it is, for tools that change nothing.</summary>
    public static Workspace At(string path) => new(System.IO.Path.GetFullPath(path));

    private string Inside(params ReadOnlySpan<string> names) => System.IO.Path.Combine([Path, .. names]);

    private static string Shipped(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, name);

    private static IReadOnlyList<string> Existing(params IEnumerable<string> folders) => [.. folders.Where(Directory.Exists)];
}
