using System.Security.Cryptography;
using ComfyStream.Media;
using ComfyStream.Workflows.Models;

namespace ComfyStream.Workflows.Tests.Models;

public sealed class ModelStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("models-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_missing_model_is_told_with_every_folder_that_was_searched()
    {
        using var store = new ModelStore([_folder, "/nowhere"]);
        var e = Assert.Throws<MediaException>(() => store.CreateSession("no-such-model", [1], [1]));
        Assert.Equal($"The model file no-such-model.onnx was not found (looked in {_folder}, /nowhere). Put it into one of the model folders.", e.Message);
    }

    [Fact]
    public void A_file_that_is_no_model_is_told_with_its_path()
    {
        string path = Path.Combine(_folder, "broken.onnx");
        File.WriteAllText(path, "not a model");
        using var store = new ModelStore([_folder]);
        var e = Assert.Throws<MediaException>(() => store.CreateSession("broken", [1], [1]));
        Assert.StartsWith($"The model {path} cannot be loaded: ", e.Message);
    }

    [Fact]
    public void Another_model_under_the_name_is_refused()
    {
        using var store = new ModelStore([Repository.Models]);
        var e = Assert.Throws<MediaException>(() => store.CreateSession("selfie-segmentation-landscape", [1, 3, 128, 128], [1, 1, 144, 256]));
        Assert.Contains("is not the one that is needed: it must take float [1, 3, 128, 128] and give float [1, 1, 144, 256].", e.Message);
    }

    [Fact]
    public void A_model_with_another_number_of_outputs_is_refused()
    {
        using var store = new ModelStore([Repository.Models]);
        var e = Assert.Throws<MediaException>(() => store.CreateSession("selfie-segmentation-landscape", [1, 3, 144, 256], [1, 1, 144, 256], [1, 7]));
        Assert.Contains("it must take float [1, 3, 144, 256] and give float [1, 1, 144, 256], [1, 7].", e.Message);
    }

    [Fact]
    public void The_first_folder_that_has_the_file_wins()
    {
        File.WriteAllText(Path.Combine(_folder, "selfie-segmentation-landscape.onnx"), "not a model");
        using var store = new ModelStore([_folder, Repository.Models]);
        Assert.Throws<MediaException>(() => store.CreateSession("selfie-segmentation-landscape", [1, 3, 144, 256], [1, 1, 144, 256]));
    }

    [Fact]
    public void Every_model_that_ships_stands_in_the_table_of_licences_with_its_hash()
    {
        string table = File.ReadAllText(Path.Combine(Repository.Models, "THIRD-PARTY-MODELS.md"));
        string[] models = Directory.GetFiles(Repository.Models, "*.onnx");
        Assert.NotEmpty(models);
        Assert.All(models, model =>
        {
            string hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(model)));
            Assert.Contains(table.Split('\n'), line => line.Contains($"`{Path.GetFileName(model)}`", StringComparison.Ordinal) && line.Contains(hash, StringComparison.Ordinal));
        });
    }
}
