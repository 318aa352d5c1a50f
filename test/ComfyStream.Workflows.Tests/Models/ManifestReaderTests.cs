using System.Text;
using System.Text.Json.Nodes;
using ComfyStream.Media;
using ComfyStream.Workflows.Models;

namespace ComfyStream.Workflows.Tests.Models;

public sealed class ManifestReaderTests : IDisposable
{
    private const string Example =
        """
        {
          "id": "example",
          "task": "depth",
          "description": "An example.",
          "url": ["https://example.org/a.onnx", "file:///models/a.onnx"],
          "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF",
          "bytes": 1234,
          "licence": "MIT",
          "licence_url": "https://example.org/licence",
          "licence_note": "Mind it.",
          "source": "https://example.org",
          "input": {
            "name": "x", "layout": "nhwc", "dtype": "float16", "multiple_of": 14, "longest_side": 252, "colour": "bgr", "scale": 1,
            "mean": [1, 2, 3], "std": 4, "resize": "letterbox", "border": 114
          },
          "output": { "name": "y", "kind": "depth", "range": [-1, 1], "larger_is_nearer": true, "labels": ["a", "b"] },
          "state": [{ "in": "r1i", "out": "r1o", "shape": [1, 1, 1, 1] }],
          "constants": { "name": "ratio", "shape": [1], "values": [0.25] },
          "run_every": 3,
          "max_fps": 7.5
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("manifests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_field_is_read()
    {
        ModelManifest manifest = ModelLibrary.Read(Write(Example));
        Assert.Equal(("example", "depth", "An example.", 1234L, "MIT", "Mind it."), (manifest.Id, manifest.Task, manifest.Description, manifest.Bytes, manifest.Licence, manifest.LicenceNote));
        Assert.Equal(["https://example.org/a.onnx", "file:///models/a.onnx"], manifest.Urls.Select(url => url.ToString()));
        Assert.Equal("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", manifest.Sha256);
        ModelInput input = manifest.Input;
        Assert.Equal(("x", TensorLayout.Nhwc, TensorType.Float16, 14, 252, true, 1f, ResizeMode.Letterbox, 114f), (input.Name, input.Layout, input.Type, input.MultipleOf, input.LongestSide, input.IsBgr, input.Scale, input.Resize, input.Border));
        Assert.Null(input.Size);
        Assert.Equal([1, 2, 3], input.Mean);
        Assert.Equal([4, 4, 4], input.Deviation);
        ModelOutput output = Assert.Single(manifest.Outputs);
        Assert.Equal(("y", OutputKind.Depth, (-1f, 1f), true), (output.Name, output.Kind, output.Range, output.LargerIsNearer));
        Assert.Equal(["a", "b"], output.Labels);
        ModelState state = Assert.Single(manifest.States);
        Assert.Equal(("r1i", "r1o"), (state.Input, state.Output));
        Assert.Equal([1, 1, 1, 1], state.Shape);
        Assert.Equal([0.25], Assert.Single(manifest.Constants).Values);
        Assert.Equal((3, 7.5), (manifest.RunEvery, manifest.MaxFps));
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once_by_file_and_field()
    {
        var e = Assert.Throws<MediaException>(() => ModelLibrary.Read(Write(
            """
            {
              "id": "other", "task": 7, "url": "ftp://x/y", "sha256": "12", "licence": "MIT", "licence_url": "nowhere", "colour": "rgb",
              "input": { "size": [0, 7], "dtype": "double", "mean": [1, 2], "frobnicate": 1 },
              "output": [{ "name": "a", "kind": "image" }, { "name": "b", "range": [1, 0] }],
              "state": [{ "in": "i", "shape": [100000, 100000] }],
              "constants": [{ "name": "c", "shape": [2], "values": [1] }],
              "run_every": 0
            }
            """)));
        string[] expected =
        [
            "example.json: id must be 'example', as the file is named",
            "example.json: task must be a text",
            "example.json: url[0] must be an http, https or file URL",
            "example.json: sha256 must be 64 hex digits",
            "example.json: licence_url must be an http, https or file URL",
            "example.json: source is missing",
            "example.json: input.size must be a list of 2 numbers, whole, from 1 to 8192",
            "example.json: input.dtype must be one of float, float16, uint8, int32",
            "example.json: input.mean must be one number, or three: one for each colour",
            "example.json: input.frobnicate is not known",
            "example.json: output[1].range must be [low, high]",
            "example.json: output[1].kind is missing",
            "example.json: state[0].out is missing",
            "example.json: state[0].shape is too large",
            "example.json: constants[0].values has 1 numbers, and shape [2] another count",
            "example.json: run_every must be a whole number from 1 to 1000",
            "example.json: colour is not known",
        ];
        Assert.All(expected, problem => Assert.Contains(problem, e.Message));
    }

    [Theory]
    [InlineData("", "is no JSON")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("{ \"id\": \"example\" ", "is no JSON")]
    public void What_is_no_manifest_at_all_is_told(string text, string problem)
    {
        var e = Assert.Throws<MediaException>(() => ModelLibrary.Read(Write(text)));
        Assert.Contains($"example.json {problem}", e.Message);
    }

    [Fact]
    public void A_file_that_is_too_large_is_not_read()
    {
        var e = Assert.Throws<MediaException>(() => ModelLibrary.Read(Write(new string(' ', 65 * 1024) + Example)));
        Assert.Contains("example.json is larger than 64 KiB", e.Message);
    }

    [Fact]
    public void Fields_of_the_wrong_kind_never_throw_and_are_always_told()
    {
        string[] values = ["null", "[]", "{}", "\"x\"", "-1", "1e400", "[[1]]", "true", "99999999999999999999"];
        foreach (string path in Paths(JsonNode.Parse(Example)!, ""))
        {
            foreach (string value in values)
            {
                JsonNode document = JsonNode.Parse(Example)!;
                Replace(document, path.Split('/', StringSplitOptions.RemoveEmptyEntries), JsonNode.Parse(value));
                _ = ManifestReader.TryRead(Write(document.ToJsonString()), out ModelManifest? manifest, out IReadOnlyList<string> problems);
                Assert.Equal(manifest is null, problems.Count > 0);
            }
        }
    }

    [Fact]
    public void Damaged_manifests_never_throw()
    {
        var random = new Random(6);
        byte[] bytes = Encoding.UTF8.GetBytes(Example);
        for (int length = 0; length < bytes.Length; length += 7)
            Assert.False(ManifestReader.TryRead(Write(bytes[..length]), out _, out _));
        for (int i = 0; i < 500; i++)
        {
            byte[] damaged = (byte[])bytes.Clone();
            for (int flips = random.Next(1, 4); flips > 0; flips--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            _ = ManifestReader.TryRead(Write(damaged), out ModelManifest? manifest, out IReadOnlyList<string> problems);
            Assert.Equal(manifest is null, problems.Count > 0);
        }
    }

    [Fact]
    public void Every_manifest_that_ships_is_right_and_its_file_is_the_one_it_names()
    {
        var library = new ModelLibrary([Repository.Models]);
        IReadOnlyList<ModelManifest> manifests = library.List(out IReadOnlyList<string> problems);
        Assert.Empty(problems);
        Assert.Superset(
            new HashSet<string> { "selfie-segmentation-landscape", "blazeface-front-128", "movenet-lightning", "anime4k-x2-s", "depth-anything-v2-small", "midas-v2.1-small", "fast-neural-style-candy", "yolox-nano", "rvm-mobilenetv3", "modnet", "realesr-general-x4v3" },
            manifests.Select(manifest => manifest.Id).ToHashSet());
        foreach (ModelManifest manifest in manifests)
        {
            string? file = library.FindFile(manifest.Id);
            Assert.True(file is not null || manifest.Urls.Count > 0, $"{manifest.Id} neither ships nor can be fetched.");
            if (file is not null)
                Assert.Equal((ModelLibrary.Sha256Of(file), new FileInfo(file).Length), (manifest.Sha256, manifest.Bytes));
        }

        Assert.All(Directory.GetFiles(Repository.Models, "*.onnx"), file => Assert.NotNull(library.Find(Path.GetFileNameWithoutExtension(file))));
    }

    [Fact]
    public void A_licence_that_binds_products_is_marked()
    {
        ModelManifest manifest = new ModelLibrary([Repository.Models]).Find("rvm-mobilenetv3")!;
        Assert.Equal("GPL-3.0-only", manifest.Licence);
        Assert.Contains("GPL", manifest.LicenceNote);
    }

    [Fact]
    public void The_first_folder_wins_and_a_wrong_manifest_does_not_hide_the_others()
    {
        string first = Directory.CreateDirectory(Path.Combine(_folder, "first", "manifests")).FullName;
        string second = Directory.CreateDirectory(Path.Combine(_folder, "second", "manifests")).FullName;
        File.WriteAllText(Path.Combine(first, "example.json"), Example.Replace("An example.", "Mine."));
        File.WriteAllText(Path.Combine(second, "example.json"), Example);
        File.WriteAllText(Path.Combine(second, "wrong.json"), "{");
        var library = new ModelLibrary([Path.Combine(_folder, "first"), Path.Combine(_folder, "nowhere"), Path.Combine(_folder, "second")]);
        Assert.Equal("Mine.", Assert.Single(library.List(out IReadOnlyList<string> problems)).Description);
        Assert.StartsWith("wrong.json", Assert.Single(problems));
        Assert.Null(library.Find("../example"));
        Assert.Null(library.Find("nothing"));
    }

    private static IEnumerable<string> Paths(JsonNode node, string path)
    {
        IEnumerable<(string Name, JsonNode? Value)> children = node switch
        {
            JsonObject fields => fields.Select(field => (field.Key, field.Value)),
            JsonArray items => items.Select((item, i) => ($"{i}", item)),
            _ => [],
        };
        return children.SelectMany(child => Paths(child.Value!, $"{path}/{child.Name}")).Prepend(path).Where(found => found.Length > 0);
    }

    private static void Replace(JsonNode document, string[] path, JsonNode? value)
    {
        JsonNode at = document;
        foreach (string step in path[..^1])
            at = at is JsonArray items ? items[int.Parse(step)]! : at[step]!;
        if (at is JsonArray list)
            list[int.Parse(path[^1])] = value;
        else
            at[path[^1]] = value;
    }

    private string Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    private string Write(byte[] bytes)
    {
        string path = Path.Combine(_folder, "example.json");
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
