using System.Net;
using System.Net.Http.Headers;
using ComfyStream.Server;
using ComfyStream.Workflows.Models;

namespace ComfyStream.Cli.Models;

/// <summary>
/// Brings a model's file from the first source that gives it. A download that breaks off goes on where it ended, now or at the next
/// start of the program; a file with another checksum than the one that is expected is removed.
/// </summary>
/// <param name="http">Its timeout is infinite: a slow source is fine, a silent one is not.</param>
/// <param name="progress">Bytes that are here and, where it is known, bytes in all.</param>
/// <param name="tell">Takes a line on what went wrong and what is done about it.</param>
/// <param name="silence">After so long without a byte a connection counts as broken.</param>
/// <param name="pause">Between two attempts at one source.</param>
internal sealed class ModelDownloader(HttpClient http, Action<long, long?> progress, Action<string> tell, TimeSpan silence, TimeSpan pause)
{
    /// <summary>Attempts at one source that bring nothing, before the next source is asked.</summary>
    private const int MostVainAttempts = 3;

    private const int BufferBytes = 1 << 16;

    /// <summary>Where the download of a file is kept until it is whole.</summary>
    public static string PartOf(string target) => target + ".part";

    /// <summary>Source and version of what is in <see cref="PartOf"/>.</summary>
    public static string PartNoteOf(string target) => target + ".part.source";

    /// <summary>Fetches the file to a place beside its target, verifies it, and gives its checksum. <see cref="Settle"/> makes it the target.</summary>
    /// <exception cref="ServeException">No source gave the file, or it is another than the one that is expected.</exception>
    public async Task<string> FetchAsync(IReadOnlyList<Uri> sources, string target, string? expectedSha256, CancellationToken cancellationToken)
    {
        string part = PartOf(target);
        for (int i = 0; i < sources.Count; i++)
        {
            bool wasBegun = File.Exists(part);
            if (!await TryFetchAsync(sources[i], target, expectedSha256 is not null, i == sources.Count - 1, cancellationToken))
                continue;
            string sha256 = ModelLibrary.Sha256Of(part);
            if (expectedSha256 is null || sha256 == expectedSha256)
                return sha256;
            Discard(target);
            if (wasBegun)
            {
                // What was here before may be of another version: once more, from the beginning.
                tell("What was here did not fit the rest; once more from the beginning.");
                i--;
                continue;
            }

            string problem = $"{sources[i]} gave another file: its SHA-256 is {sha256}, and {expectedSha256} is expected. It was removed.";
            if (i == sources.Count - 1)
                throw new ServeException(problem);
            tell(problem + " Trying the next source.");
        }

        throw new ServeException($"No source gave the file; see above. Fetch it by other means, and add it by --source FILE.");
    }

    /// <summary>Makes what was fetched the target.</summary>
    public static void Settle(string target)
    {
        File.Move(PartOf(target), target, overwrite: true);
        File.Delete(PartNoteOf(target));
    }

    /// <summary>Removes what was fetched.</summary>
    public static void Discard(string target)
    {
        File.Delete(PartOf(target));
        File.Delete(PartNoteOf(target));
    }

    private async Task<bool> TryFetchAsync(Uri source, string target, bool isVerified, bool isLast, CancellationToken cancellationToken)
    {
        int vain = 0;
        while (true)
        {
            long before = LengthOf(PartOf(target));
            try
            {
                if (source.IsFile)
                    await CopyFileAsync(source.LocalPath, target, cancellationToken);
                else
                    await DownloadAsync(source, target, isVerified, cancellationToken);
                return true;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException or TimeoutException)
            {
                bool isFinal = source.IsFile || e is UnauthorizedAccessException || e is HttpRequestException { StatusCode: >= (HttpStatusCode)400 and < (HttpStatusCode)500 };
                vain = LengthOf(PartOf(target)) > before ? 0 : vain + 1;
                if (isFinal || vain >= MostVainAttempts)
                {
                    tell($"{source}: {e.Message}{(isLast ? "" : " Trying the next source.")}");
                    return false;
                }

                tell($"{source}: {e.Message} Going on in a moment.");
                await Task.Delay(pause, cancellationToken);
            }
        }
    }

    private async Task CopyFileAsync(string path, string target, CancellationToken cancellationToken)
    {
        Discard(target);
        await using FileStream source = File.OpenRead(path);
        await AppendAsync(source, target, 0, source.Length, cancellationToken);
    }

    private async Task DownloadAsync(Uri source, string target, bool isVerified, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, source);
        long begun = Resume(request, source, target, isVerified);
        using HttpResponseMessage answer = await WithPatienceAsync(token => http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token), cancellationToken);
        if (answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            // Whole already, or of another version: the checksum could tell, a new download surely does.
            Discard(target);
            throw new IOException("the source has less than is here already.");
        }

        answer.EnsureSuccessStatusCode();
        bool goesOn = answer.StatusCode == HttpStatusCode.PartialContent && answer.Content.Headers.ContentRange?.From == begun;
        if (begun > 0 && !goesOn)
        {
            Discard(target);
            begun = 0;
        }

        if (!goesOn && answer.StatusCode == HttpStatusCode.PartialContent)
            throw new IOException("the source gave another part than the one that was asked for.");
        if (begun == 0)
            NoteVersion(answer, source, target);
        await using Stream body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        await AppendAsync(body, target, begun, answer.Content.Headers.ContentLength + begun, cancellationToken);
    }

    /// <summary>
    /// Asks for what is missing, where what is here can be trusted to be of the same file: the source says so by its version, or the
    /// checksum will show it.
    /// </summary>
    private static long Resume(HttpRequestMessage request, Uri source, string target, bool isVerified)
    {
        long begun = LengthOf(PartOf(target));
        if (begun == 0)
            return 0;
        string[] note = File.Exists(PartNoteOf(target)) ? File.ReadAllLines(PartNoteOf(target)) : [];
        string? version = note.Length == 2 && note[0] == source.ToString() ? note[1] : null;
        if (version is not null && EntityTagHeaderValue.TryParse(version, out EntityTagHeaderValue? tag))
            request.Headers.IfRange = new RangeConditionHeaderValue(tag);
        else if (version is not null && DateTimeOffset.TryParse(version, out DateTimeOffset date))
            request.Headers.IfRange = new RangeConditionHeaderValue(date);
        else if (!isVerified)
            return 0;
        request.Headers.Range = new RangeHeaderValue(begun, null);
        return begun;
    }

    private static void NoteVersion(HttpResponseMessage answer, Uri source, string target)
    {
        Discard(target);
        string? version = answer.Headers.ETag is { IsWeak: false } tag ? tag.ToString() : answer.Content.Headers.LastModified?.ToString("R");
        if (version is not null)
            File.WriteAllLines(PartNoteOf(target), [source.ToString(), version]);
    }

    private async Task AppendAsync(Stream source, string target, long begun, long? total, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(PartOf(target), begun > 0 ? FileMode.Append : FileMode.Create, FileAccess.Write);
        byte[] buffer = new byte[BufferBytes];
        progress(begun, total);
        while (true)
        {
            int read = await WithPatienceAsync(token => source.ReadAsync(buffer, token).AsTask(), cancellationToken);
            if (read == 0)
                return;
            await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            begun += read;
            progress(begun, total);
        }
    }

    private async Task<T> WithPatienceAsync<T>(Func<CancellationToken, Task<T>> act, CancellationToken cancellationToken)
    {
        using var impatience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        impatience.CancelAfter(silence);
        try
        {
            return await act(impatience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"nothing came for {silence.TotalSeconds:0} s.");
        }
    }

    private static long LengthOf(string file) => File.Exists(file) ? new FileInfo(file).Length : 0;
}
