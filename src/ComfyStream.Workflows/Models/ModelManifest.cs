namespace ComfyStream.Workflows.Models;

/// <summary>
/// What is known of a model before it is here and of how it is fed: where it comes from, under which licence, and the conventions of
/// its tensors. One JSON file each, <c>models/manifests/ID.json</c>. Immutable.
/// </summary>
public sealed class ModelManifest
{
    /// <summary>Name of the model and of its files: <c>ID.onnx</c>, <c>ID.json</c>.</summary>
    public required string Id { get; init; }

    /// <summary>What it does, as <c>depth</c> or <c>image</c>.</summary>
    public required string Task { get; init; }

    /// <summary>One line for people.</summary>
    public string Description { get; init; } = "";

    /// <summary>Where it can be had, best first: http, https and file. Empty where it only ships.</summary>
    public IReadOnlyList<Uri> Urls { get; init; } = [];

    /// <summary>SHA-256 of the file in lower-case hex; null where none has been verified.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Size of the file, where it is known.</summary>
    public long? Bytes { get; init; }

    /// <summary>SPDX name of the licence of the weights.</summary>
    public required string Licence { get; init; }

    /// <summary>Where the licence can be read.</summary>
    public required Uri LicenceUrl { get; init; }

    /// <summary>What to know of the licence before using the model, such as that it is not for every product.</summary>
    public string? LicenceNote { get; init; }

    /// <summary>The project that made it.</summary>
    public required string Source { get; init; }

    /// <summary>The manifest's own file.</summary>
    public required string Path { get; init; }

    internal ModelInput Input { get; init; } = new() { Name = "" };

    internal IReadOnlyList<ModelOutput> Outputs { get; init; } = [];

    internal IReadOnlyList<ModelState> States { get; init; } = [];

    internal IReadOnlyList<ModelConstant> Constants { get; init; } = [];

    /// <summary>The model sees every so many pictures; its result is kept for those between.</summary>
    internal int RunEvery { get; init; } = 1;

    /// <summary>The model sees at most so many pictures a second; the same. Null: all.</summary>
    internal double? MaxFps { get; init; }
}
