using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ComfyStream.Workflows.Models;

/// <summary>Reads one manifest and tells all that is wrong with it at once, by file and field.</summary>
internal sealed partial class ManifestReader
{
    private const int MaxBytes = 64 * 1024;
    private const int MaxSide = 8192;
    private const int MaxElements = 1 << 24;
    private const int MaxDimensions = 8;

    private static readonly JsonDocumentOptions _json = new() { MaxDepth = 8, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly string _file;
    private readonly List<string> _problems = [];

    private ManifestReader(string file) => _file = file;

    /// <param name="path">The file, named after the model's id.</param>
    /// <param name="manifest">What it says; null with problems.</param>
    /// <param name="problems">A line for each, naming file and field.</param>
    public static bool TryRead(string path, [NotNullWhen(true)] out ModelManifest? manifest, out IReadOnlyList<string> problems)
    {
        var reader = new ManifestReader(System.IO.Path.GetFileName(path));
        manifest = reader.Read(path);
        problems = reader._problems;
        return manifest is not null;
    }

    public static bool IsId(string text) => IdPattern().IsMatch(text);

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,63}\z")]
    private static partial Regex IdPattern();

    [GeneratedRegex(@"\A[0-9a-f]{64}\z")]
    private static partial Regex Sha256Pattern();

    private ModelManifest? Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
            {
                Tell("", $"is larger than {MaxBytes / 1024} KiB");
                return null;
            }

            using JsonDocument json = JsonDocument.Parse(File.ReadAllText(path), _json);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
                return ReadManifest(new JsonFields(json.RootElement, "", Tell), path);
            Tell("", "must be a JSON object");
        }
        catch (JsonException e)
        {
            Tell("", $"is no JSON: {e.Message}");
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair by escape.
            Tell("", "holds text that is no Unicode");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Tell("", $"cannot be read: {e.Message}");
        }

        return null;
    }

    private ModelManifest? ReadManifest(JsonFields fields, string path)
    {
        string expected = System.IO.Path.GetFileNameWithoutExtension(path);
        string id = fields.Text("id", isRequired: true);
        if (id.Length > 0 && !IsId(id))
            Tell("id", "must be lower-case letters, digits, '.', '_' and '-', at most 64");
        else if (id.Length > 0 && id != expected)
            Tell("id", $"must be '{expected}', as the file is named");

        var manifest = new ModelManifest
        {
            Id = id,
            Path = path,
            Task = fields.Text("task", isRequired: true),
            Description = fields.Text("description"),
            Urls = fields.Texts("url").Select((text, i) => Url($"url[{i}]", text)).OfType<Uri>().ToArray(),
            Sha256 = Sha256(fields),
            Bytes = fields.Number("bytes", double.NaN, 1, 1L << 40) is var bytes && double.IsNaN(bytes) ? null : (long)bytes,
            Licence = fields.Text("licence", isRequired: true),
            LicenceUrl = fields.Text("licence_url", isRequired: true) is { Length: > 0 } url && Url("licence_url", url) is { } licence ? licence : new Uri("about:blank"),
            LicenceNote = fields.Text("licence_note") is { Length: > 0 } note ? note : null,
            Source = fields.Text("source", isRequired: true),
            Input = fields.Object("input") is { } input ? ReadInput(input) : new ModelInput { Name = "" },
            Outputs = [.. fields.Objects("output", isRequired: true).Select(ReadOutput)],
            States = [.. fields.Objects("state").Select(ReadState)],
            Constants = [.. fields.Objects("constants").Select(ReadConstant)],
            RunEvery = (int)fields.Number("run_every", 1, 1, 1000, isWhole: true),
            MaxFps = fields.Number("max_fps", double.NaN, 0.01, 1000) is var rate && double.IsNaN(rate) ? null : rate,
        };
        fields.End();
        return _problems.Count == 0 ? manifest : null;
    }

    private ModelInput ReadInput(JsonFields fields)
    {
        double[] size = fields.Numbers("size", 2, 1, MaxSide, isWhole: true);
        double longest = fields.Number("longest_side", double.NaN, 8, MaxSide, isWhole: true);
        bool hasMultiple = fields.Has("multiple_of");
        if (size.Length == 0 && !hasMultiple)
            Tell("input.size", "is missing: give size [width, height], or multiple_of for a model that takes any");
        if (size.Length > 0 && (hasMultiple || !double.IsNaN(longest)))
            Tell("input.size", "is fixed: multiple_of and longest_side belong to models that take any size");
        var input = new ModelInput
        {
            Name = fields.Text("name"),
            Layout = fields.Choice("layout", ("nchw", TensorLayout.Nchw), ("nhwc", TensorLayout.Nhwc)),
            Type = fields.Choice("dtype", ("float", TensorType.Float), ("float16", TensorType.Float16), ("uint8", TensorType.UInt8), ("int32", TensorType.Int32)),
            Size = size.Length == 2 ? ((int)size[0], (int)size[1]) : null,
            MultipleOf = (int)fields.Number("multiple_of", 1, 1, 256, isWhole: true),
            LongestSide = double.IsNaN(longest) ? null : (int)longest,
            IsBgr = IsBgr(fields),
            Scale = (float)fields.Number("scale", 1 / 255.0, 1e-6, 1e6),
            Mean = Colours(fields, "mean", 0, -1e6),
            Deviation = Colours(fields, "std", 1, 1e-6),
            Resize = fields.Choice("resize", ("stretch", ResizeMode.Stretch), ("letterbox", ResizeMode.Letterbox), ("cover", ResizeMode.Cover)),
            Border = (float)fields.Number("border", 0, 0, 255),
        };
        fields.End();
        return input;
    }

    private static ModelOutput ReadOutput(JsonFields fields)
    {
        double[] range = fields.Numbers("range", 2, -1e6, 1e6);
        if (range.Length == 2 && !(range[0] < range[1]))
            fields.Tell("range", "must be [low, high]");
        var output = new ModelOutput
        {
            Name = fields.Text("name"),
            Kind = fields.Choice(
                "kind",
                isRequired: true,
                ("depth", OutputKind.Depth),
                ("mask", OutputKind.Mask),
                ("image", OutputKind.Image),
                ("luma-residual", OutputKind.LumaResidual),
                ("boxes-yolox", OutputKind.BoxesYolox),
                ("boxes-yolov8", OutputKind.BoxesYolov8),
                ("boxes-ssd", OutputKind.BoxesSsd),
                ("scores", OutputKind.Scores),
                ("points", OutputKind.Points),
                ("tensor", OutputKind.Tensor)),
            Layout = fields.Choice("layout", ("nchw", TensorLayout.Nchw), ("nhwc", TensorLayout.Nhwc)),
            IsBgr = IsBgr(fields),
            Range = range.Length == 2 ? ((float)range[0], (float)range[1]) : (0, 1),
            LargerIsNearer = fields.Truth("larger_is_nearer"),
            Labels = fields.Texts("labels"),
        };
        fields.End();
        return output;
    }

    private static ModelState ReadState(JsonFields fields)
    {
        var state = new ModelState(fields.Text("in", isRequired: true), fields.Text("out", isRequired: true), Shape(fields));
        fields.End();
        return state;
    }

    private static ModelConstant ReadConstant(JsonFields fields)
    {
        long[] shape = Shape(fields);
        double[] values = fields.Numbers("values", length: -1, double.MinValue, double.MaxValue, isRequired: true);
        if (values.Length > 0 && values.LongLength != shape.Aggregate(1L, (product, side) => product * side))
            fields.Tell("values", $"has {values.Length} numbers, and shape [{string.Join(", ", shape)}] another count");
        var constant = new ModelConstant(fields.Text("name", isRequired: true), shape, values);
        fields.End();
        return constant;
    }

    private static long[] Shape(JsonFields fields)
    {
        long[] shape = [.. fields.Numbers("shape", length: -1, 1, MaxElements, isWhole: true, isRequired: true).Select(side => (long)side)];
        if (shape.Length > MaxDimensions || shape.Aggregate(1.0, (product, side) => product * side) > MaxElements)
            fields.Tell("shape", $"is too large: at most {MaxDimensions} dimensions and {MaxElements} elements");
        return shape;
    }

    private static bool IsBgr(JsonFields fields) => fields.Choice("colour", ("rgb", false), ("bgr", true));

    /// <summary>Three numbers, or one for all colours.</summary>
    private static float[] Colours(JsonFields fields, string name, float usual, double min)
    {
        double[] values = fields.Numbers(name, length: -1, min, 1e6);
        if (values.Length is 2 or > 3)
            fields.Tell(name, "must be one number, or three: one for each colour");
        return values.Length switch
        {
            0 => [usual, usual, usual],
            3 => [.. values.Select(value => (float)value)],
            _ => [(float)values[0], (float)values[0], (float)values[0]],
        };
    }

    private string? Sha256(JsonFields fields)
    {
        string text = fields.Text("sha256").ToLowerInvariant();
        if (text.Length > 0 && !Sha256Pattern().IsMatch(text))
            Tell("sha256", "must be 64 hex digits");
        return text.Length == 0 ? null : text;
    }

    private Uri? Url(string field, string text)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" or "file")
            return url;
        Tell(field, "must be an http, https or file URL");
        return null;
    }

    private void Tell(string field, string problem) =>
        _problems.Add(field.Length == 0 ? $"{_file} {problem}" : string.Create(CultureInfo.InvariantCulture, $"{_file}: {field} {problem}"));
}
