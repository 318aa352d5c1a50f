using System.Globalization;
using ComfyStream.Server;
using ComfyStream.Workflows.Models;

namespace ComfyStream.Cli.Models;

/// <summary>The verbs that look at what is here, or take it away.</summary>
internal static class ModelList
{
    public static int Write(ModelFolders folders)
    {
        IReadOnlyList<ModelManifest> manifests = folders.Library.List(out IReadOnlyList<string> problems);
        int width = manifests.Select(manifest => manifest.Id.Length).DefaultIfEmpty().Max();
        foreach (ModelManifest manifest in manifests)
        {
            string? file = folders.Library.FindFile(manifest.Id);
            string state = file is null ? "can be added" : folders.IsOwn(file) ? "here" : "ships";
            Console.WriteLine($"{manifest.Id.PadRight(width)}  {state,-12}  {manifest.Task,-19}  {manifest.Licence,-12}  {(file is null ? "" : Size(new FileInfo(file).Length)),8}  {manifest.Description}");
        }

        foreach (string problem in problems)
            Console.Error.WriteLine($"comfystream: {problem}");
        return problems.Count == 0 ? ExitCode.Success : ExitCode.UsageError;
    }

    public static int Verify(ModelFolders folders, IReadOnlyList<string> ids)
    {
        IEnumerable<ModelManifest> manifests = ids.Count > 0
            ? ids.Select(folders.Find)
            : folders.Library.List(out _).Where(manifest => folders.Library.FindFile(manifest.Id) is not null);
        bool isGood = true;
        foreach (ModelManifest manifest in manifests.ToArray())
        {
            string? file = folders.Library.FindFile(manifest.Id);
            string? expected = file is null ? null : ModelLibrary.ExpectedSha256(manifest, file);
            string actual = file is null ? "" : ModelLibrary.Sha256Of(file);
            (bool isRight, string verdict) = file is null ? (false, $"is not here: ./comfystream model add {manifest.Id}")
                : expected is null ? (true, $"has no checksum to compare with; its own is {actual}")
                : expected == actual ? (true, $"is as it should be: {actual}")
                : (false, $"was changed: its SHA-256 is {actual}, and {expected} is expected. Add it anew: ./comfystream model remove {manifest.Id}");
            (isRight ? Console.Out : Console.Error).WriteLine($"{manifest.Id} {verdict}");
            isGood &= isRight;
        }

        return isGood ? ExitCode.Success : ExitCode.UsageError;
    }

    public static int Remove(ModelFolders folders, string id)
    {
        ModelManifest manifest = folders.Find(id);
        string file = folders.OwnFile(manifest.Id);
        bool wasHere = File.Exists(file) || File.Exists(ModelDownloader.PartOf(file));
        File.Delete(file);
        File.Delete(ModelLibrary.ChecksumFile(file));
        ModelDownloader.Discard(file);
        if (!wasHere)
            throw new ServeException(folders.Library.FindFile(id) is null ? $"{id} is not here." : $"{id} ships with ComfyStream and stays.");
        Console.WriteLine($"{id} was removed{(folders.Library.FindFile(id) is null ? "" : "; the one that ships is used again")}.");
        return ExitCode.Success;
    }

    /// <summary>In the unit that suits it.</summary>
    public static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{(bytes < 1 << 20 ? $"{bytes / 1024.0:0} KiB" : $"{bytes / 1048576.0:0.0} MiB")}");
}
