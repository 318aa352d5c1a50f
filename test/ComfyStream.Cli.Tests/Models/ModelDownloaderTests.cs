using System.Security.Cryptography;
using ComfyStream.Cli.Models;
using ComfyStream.Server;

namespace ComfyStream.Cli.Tests.Models;

public sealed class ModelDownloaderTests : IDisposable
{
    private static readonly byte[] Model = RandomNumberGenerator.GetBytes(300_000);
    private static readonly byte[] Other = RandomNumberGenerator.GetBytes(300_000);

    private readonly string _folder = Directory.CreateTempSubdirectory("download-").FullName;
    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly List<string> _told = [];
    private readonly List<(long Here, long? Total)> _progress = [];

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string Target => Path.Combine(_folder, "model.onnx");

    [Fact]
    public async Task A_download_that_breaks_off_goes_on_where_it_ended()
    {
        await using var source = new LoopbackSource(LoopbackSource.File(Model, breaksOffAfter: 100_000), LoopbackSource.File(Model, breaksOffAfter: 100_000), LoopbackSource.File(Model));
        Assert.Equal(Sha256(Model), await FetchAsync(null, source.Url));
        Assert.Equal(Model, File.ReadAllBytes(Target));
        Assert.Equal([null, "bytes=100000-", "bytes=200000-"], source.Requests.Select(request => request.Range));
        Assert.Equal([null, "\"1\"", "\"1\""], source.Requests.Select(request => request.IfRange));
        Assert.Equal((300_000, 300_000L), _progress[^1]);
        Assert.Contains(_told, line => line.Contains("Going on", StringComparison.Ordinal));
        Assert.Equal([Target], Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task The_next_start_of_the_program_goes_on_where_the_last_one_ended()
    {
        await using var source = new LoopbackSource(LoopbackSource.File(Model, breaksOffAfter: 100_000), LoopbackSource.Status("404 Not Found"), LoopbackSource.File(Model));
        await Assert.ThrowsAsync<ServeException>(() => FetchAsync(null, source.Url));
        Assert.False(File.Exists(Target));
        Assert.Equal(Sha256(Model), await FetchAsync(null, source.Url));
        Assert.Equal(Model, File.ReadAllBytes(Target));
        Assert.Equal("bytes=100000-", source.Requests.Last().Range);
    }

    [Fact]
    public async Task A_file_that_changed_meanwhile_is_fetched_from_the_beginning()
    {
        await using var source = new LoopbackSource(LoopbackSource.File(Other, "\"1\"", breaksOffAfter: 100_000), LoopbackSource.File(Model, "\"2\""));
        Assert.Equal(Sha256(Model), await FetchAsync(null, source.Url));
        Assert.Equal(Model, File.ReadAllBytes(Target));
    }

    [Fact]
    public async Task Without_a_version_only_a_checksum_lets_a_download_go_on()
    {
        await using var source = new LoopbackSource(LoopbackSource.File(Model, version: null, breaksOffAfter: 100_000), LoopbackSource.File(Model, version: null));
        Assert.Equal(Sha256(Model), await FetchAsync(null, source.Url));
        Assert.Null(source.Requests.Last().Range);

        File.Delete(Target);
        await using var verified = new LoopbackSource(LoopbackSource.File(Model, version: null, breaksOffAfter: 100_000), LoopbackSource.File(Model, version: null));
        Assert.Equal(Sha256(Model), await FetchAsync(Sha256(Model), verified.Url));
        Assert.Equal("bytes=100000-", verified.Requests.Last().Range);
    }

    [Fact]
    public async Task What_was_here_of_another_version_costs_a_second_download_and_not_the_model()
    {
        File.WriteAllBytes(ModelDownloader.PartOf(Target), Other[..100_000]);
        await using var source = new LoopbackSource(LoopbackSource.File(Model, version: null));
        Assert.Equal(Sha256(Model), await FetchAsync(Sha256(Model), source.Url));
        Assert.Equal(Model, File.ReadAllBytes(Target));
        Assert.Equal(["bytes=100000-", null], source.Requests.Select(request => request.Range));
    }

    [Fact]
    public async Task A_source_that_has_less_than_is_here_gives_it_anew()
    {
        File.WriteAllBytes(ModelDownloader.PartOf(Target), [.. Model, .. Other]);
        await using var source = new LoopbackSource(LoopbackSource.File(Model));
        Assert.Equal(Sha256(Model), await FetchAsync(Sha256(Model), source.Url));
    }

    [Fact]
    public async Task A_source_that_knows_no_parts_gives_all_again()
    {
        await using var source = new LoopbackSource(LoopbackSource.File(Model, breaksOffAfter: 100_000), LoopbackSource.WholeAlways(Model));
        Assert.Equal(Sha256(Model), await FetchAsync(null, source.Url));
        Assert.Equal(Model, File.ReadAllBytes(Target));
    }

    [Fact]
    public async Task A_file_with_another_checksum_is_refused_and_removed()
    {
        await using var source = new LoopbackSource(LoopbackSource.File(Other));
        var e = await Assert.ThrowsAsync<ServeException>(() => FetchAsync(Sha256(Model), source.Url));
        Assert.Contains($"its SHA-256 is {Sha256(Other)}, and {Sha256(Model)} is expected. It was removed.", e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task The_next_source_is_asked_where_one_has_no_file_or_the_wrong_one()
    {
        await using var gone = new LoopbackSource(LoopbackSource.Status("404 Not Found"));
        await using var wrong = new LoopbackSource(LoopbackSource.File(Other));
        await using var right = new LoopbackSource(LoopbackSource.File(Model));
        Assert.Equal(Sha256(Model), await FetchAsync(Sha256(Model), gone.Url, wrong.Url, right.Url));
        Assert.Equal(Model, File.ReadAllBytes(Target));
        Assert.Single(gone.Requests);
        Assert.Contains(_told, line => line.Contains("404", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_source_that_fails_for_a_moment_is_asked_again()
    {
        await using var source = new LoopbackSource(LoopbackSource.Status("503 Service Unavailable"), LoopbackSource.File(Model));
        Assert.Equal(Sha256(Model), await FetchAsync(null, source.Url));
    }

    [Fact]
    public async Task A_silent_source_is_given_up_and_a_slow_one_is_not()
    {
        await using var silent = new LoopbackSource(LoopbackSource.Silence());
        await using var slow = new LoopbackSource(LoopbackSource.Slowly(Model, TimeSpan.FromMilliseconds(150)));
        Assert.Equal(Sha256(Model), await FetchAsync(null, silent.Url, slow.Url));
        Assert.Equal(3, silent.Requests.Count);
        Assert.Single(slow.Requests);
    }

    [Fact]
    public async Task When_no_source_has_it_all_are_told_of()
    {
        await using var gone = new LoopbackSource(LoopbackSource.Status("410 Gone"));
        var nowhere = new Uri(Path.Combine(_folder, "not-there.onnx"));
        var e = await Assert.ThrowsAsync<ServeException>(() => FetchAsync(null, gone.Url, nowhere));
        Assert.Contains("--source FILE", e.Message, StringComparison.Ordinal);
        Assert.Contains(_told, line => line.Contains("410", StringComparison.Ordinal));
        Assert.Contains(_told, line => line.Contains("not-there.onnx", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_of_this_machine_is_copied()
    {
        string file = Path.Combine(_folder, "source.onnx");
        File.WriteAllBytes(file, Model);
        Assert.Equal(Sha256(Model), await FetchAsync(Sha256(Model), new Uri(file)));
        Assert.Equal(Model, File.ReadAllBytes(Target));
        Assert.True(File.Exists(file));
    }

    private static string Sha256(byte[] file) => Convert.ToHexStringLower(SHA256.HashData(file));

    private async Task<string> FetchAsync(string? expected, params Uri[] sources)
    {
        var downloader = new ModelDownloader(_http, (here, total) => _progress.Add((here, total)), _told.Add, TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(1));
        string sha256 = await downloader.FetchAsync(sources, Target, expected, TestContext.Current.CancellationToken);
        ModelDownloader.Settle(Target);
        return sha256;
    }
}
