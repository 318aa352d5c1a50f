using System.Runtime.InteropServices;
using ComfyStream.Media;
using ComfyStream.Server;
using ComfyStream.Workflows.Models;
using Spectre.Console;

namespace ComfyStream.Cli.Models;

/// <summary><c>model add</c>: shows the licence, asks, fetches, verifies, and only then puts the file where workflows find it.</summary>
internal static class ModelAdder
{
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(ModelFolders folders, string idOrManifest, string? source, string? sha256, bool isAccepted, CancellationToken cancellationToken)
    {
        bool isManifest = idOrManifest.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
        ModelManifest manifest = isManifest ? Read(idOrManifest) : folders.Find(idOrManifest);
        string? pinned = ReadSha256(sha256);
        IReadOnlyList<Uri> sources = source is null ? manifest.Urls : [ReadSource(source)];
        if (folders.Library.FindFile(manifest.Id) is { } here)
            throw new ServeException($"{manifest.Id} is here already: {here}. {(folders.IsOwn(here) ? $"To fetch it anew: ./comfystream model remove {manifest.Id}" : "It ships with ComfyStream.")}");
        if (sources.Count == 0)
            throw new ServeException($"The manifest of {manifest.Id} names no url; say where it is: --source URL or --source FILE.");
        if (manifest.Sha256 is not null && pinned is not null && manifest.Sha256 != pinned)
            throw new ServeException($"--sha256 is not what the manifest of {manifest.Id} says: {manifest.Sha256}.");
        if (!IsAccepted(manifest, sources, isAccepted))
            return ExitCode.UsageError;

        if (isManifest)
            Keep(folders, manifest, idOrManifest);
        string target = folders.OwnFile(manifest.Id);
        string? expected = manifest.Sha256 ?? pinned;
        string actual = await FetchAsync(sources, target, expected, cancellationToken);
        if (ModelLibrary.ProblemOf(manifest, ModelDownloader.PartOf(target)) is { } problem)
        {
            ModelDownloader.Discard(target);
            throw new ServeException($"What was fetched is not {manifest.Id}, and was removed: {problem}");
        }

        File.WriteAllText(ModelLibrary.ChecksumFile(target), $"{actual}  {Path.GetFileName(target)}\n");
        ModelDownloader.Settle(target);
        Console.WriteLine($"{manifest.Id} is here: {target}\n  SHA-256  {actual}");
        if (expected is null)
            Console.WriteLine($"  Nobody had verified this checksum. It is noted, and 'model verify' compares with it; to refuse any other file elsewhere: model add {manifest.Id} --sha256 {actual}");
        return ExitCode.Success;
    }

    private static ModelManifest Read(string file)
    {
        try
        {
            return ModelLibrary.Read(Path.GetFullPath(file));
        }
        catch (MediaException e)
        {
            throw new ServeException(e.Message);
        }
    }

    private static string? ReadSha256(string? text)
    {
        if (text is null)
            return null;
        string digits = text.Trim().ToLowerInvariant();
        return digits.Length == 64 && digits.All(char.IsAsciiHexDigit) ? digits : throw new ServeException("--sha256 must be 64 hex digits.");
    }

    private static Uri ReadSource(string text)
    {
        // A path from the root counts as a URL, too.
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https")
            return url;
        string path = url is { IsFile: true } ? url.LocalPath : Path.GetFullPath(text);
        return File.Exists(path) ? new Uri(path) : throw new ServeException($"--source {text} is neither a file that is there nor an http, https or file URL.");
    }

    private static bool IsAccepted(ModelManifest manifest, IReadOnlyList<Uri> sources, bool isAccepted)
    {
        Console.WriteLine($"{manifest.Id}: {manifest.Description}");
        Console.WriteLine($"  Made by  {manifest.Source}");
        Console.WriteLine($"  Licence  {manifest.Licence} ({manifest.LicenceUrl})");
        if (manifest.LicenceNote is not null)
            Console.WriteLine($"           {manifest.LicenceNote}");
        Console.WriteLine($"  From     {string.Join("\n           ", sources)}");
        if (manifest.Bytes is { } bytes)
            Console.WriteLine($"  Size     {ModelList.Size(bytes)}");
        if (isAccepted)
            return true;
        if (Console.IsInputRedirected)
            throw new ServeException("Nothing was fetched: accept the licence by --accept-licence (or -y).");
        Console.Write("Fetch it under this licence? [y/N] ");
        if (Console.ReadLine()?.Trim() is "y" or "Y" or "yes")
            return true;
        Console.WriteLine("Nothing was fetched.");
        return false;
    }

    private static void Keep(ModelFolders folders, ModelManifest manifest, string file)
    {
        string target = folders.OwnManifest(manifest.Id);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (Path.GetFullPath(file) != target)
            File.Copy(file, target, overwrite: true);
    }

    private static async Task<string> FetchAsync(IReadOnlyList<Uri> sources, string target, string? expected, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            ending.Cancel();
        });
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("ComfyStream");
        try
        {
            return Console.IsOutputRedirected
                ? await FetchPlainlyAsync(http, sources, target, expected, ending.Token)
                : await FetchWithBarAsync(http, sources, target, expected, ending.Token);
        }
        catch (OperationCanceledException)
        {
            throw new ServeException("Stopped. The same command goes on where this one ended.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ServeException($"{target} cannot be written: {e.Message}");
        }
    }

    private static Task<string> FetchPlainlyAsync(HttpClient http, IReadOnlyList<Uri> sources, string target, string? expected, CancellationToken cancellationToken)
    {
        long told = -1;
        return new ModelDownloader(http, Tell, Console.Error.WriteLine, _silence, _pause).FetchAsync(sources, target, expected, cancellationToken);

        void Tell(long here, long? total)
        {
            long quarter = total is > 0 ? here * 4 / total.Value : 0;
            if (quarter == told)
                return;
            told = quarter;
            Console.WriteLine($"  {ModelList.Size(here)}{(total is { } all ? $" of {ModelList.Size(all)}" : "")}");
        }
    }

    private static async Task<string> FetchWithBarAsync(HttpClient http, IReadOnlyList<Uri> sources, string target, string? expected, CancellationToken cancellationToken)
    {
        string sha256 = "";
        await AnsiConsole.Progress()
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask("model");
                task.IsIndeterminate = true;
                var downloader = new ModelDownloader(http, Tell, line => AnsiConsole.WriteLine(line), _silence, _pause);
                sha256 = await downloader.FetchAsync(sources, target, expected, cancellationToken);

                void Tell(long here, long? total)
                {
                    task.IsIndeterminate = total is null;
                    task.MaxValue = total ?? here + 1;
                    task.Value = here;
                }
            });
        return sha256;
    }
}
