using System.Security.Cryptography;
using ComfyStream.Media;
using Microsoft.ML.OnnxRuntime;

namespace ComfyStream.Workflows.Models;

/// <summary>
/// What the model folders hold: manifests in <c>manifests/ID.json</c>, models in <c>ID.onnx</c>. The first folder that has one wins. Reads
/// the folders at each call, so that a model added beside a running server is found. Thread-safe.
/// </summary>
public sealed class ModelLibrary(IReadOnlyList<string> folders)
{
    /// <summary>Subfolder of the manifests.</summary>
    public const string ManifestFolder = "manifests";

    /// <summary>Every model that is known, by id. Manifests that cannot be read are told of instead.</summary>
    public IReadOnlyList<ModelManifest> List(out IReadOnlyList<string> problems)
    {
        var found = new SortedDictionary<string, ModelManifest>(StringComparer.Ordinal);
        var wrong = new List<string>();
        foreach (string file in folders.SelectMany(ManifestsIn))
        {
            if (found.ContainsKey(Path.GetFileNameWithoutExtension(file)))
                continue;
            if (ManifestReader.TryRead(file, out ModelManifest? manifest, out IReadOnlyList<string> here))
                found.Add(manifest.Id, manifest);
            wrong.AddRange(here);
        }

        problems = wrong;
        return [.. found.Values];
    }

    /// <summary>The manifest of a model; null when there is none.</summary>
    /// <exception cref="MediaException">There is one, but it is wrong.</exception>
    public ModelManifest? Find(string id)
    {
        if (!ManifestReader.IsId(id))
            return null;
        foreach (string folder in folders)
        {
            string file = Path.Combine(folder, ManifestFolder, id + ".json");
            if (File.Exists(file))
                return Read(file);
        }

        return null;
    }

    /// <summary>Reads a manifest from wherever it is; the file is named after the model.</summary>
    /// <exception cref="MediaException">It is wrong; the message says all that is.</exception>
    public static ModelManifest Read(string file) => ManifestReader.TryRead(file, out ModelManifest? manifest, out IReadOnlyList<string> problems)
        ? manifest
        : throw new MediaException($"The manifest {file} cannot be used: {string.Join("; ", problems)}.");

    /// <summary>Where the model is; null when it is not here.</summary>
    public string? FindFile(string id) => folders.Select(folder => Path.Combine(folder, id + ".onnx")).FirstOrDefault(File.Exists);

    /// <summary>The checksum that a model's file must have: the manifest's, or the one noted when it was added. Null: none is known.</summary>
    public static string? ExpectedSha256(ModelManifest manifest, string modelFile)
    {
        if (manifest.Sha256 is not null)
            return manifest.Sha256;
        string note = ChecksumFile(modelFile);
        return File.Exists(note) ? File.ReadAllText(note).Split(' ', 2)[0].Trim() : null;
    }

    /// <summary>Where the checksum of a model's file is noted, in the form that <c>sha256sum -c</c> reads.</summary>
    public static string ChecksumFile(string modelFile) => Path.ChangeExtension(modelFile, ".sha256");

    /// <summary>Why a file is not the model of a manifest; null when it is.</summary>
    public static string? ProblemOf(ModelManifest manifest, string modelFile)
    {
        try
        {
            using InferenceSession session = ModelStore.Open(modelFile);
            IReadOnlyList<string> problems = ManifestFit.Check(manifest, session, out _, out _);
            return problems.Count == 0 ? null : $"{string.Join("; ", problems)}.";
        }
        catch (MediaException e)
        {
            return e.Message;
        }
    }

    /// <summary>SHA-256 in lower-case hex.</summary>
    public static string Sha256Of(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>A folder that is not there or not readable counts as empty: the others are of use all the same.</summary>
    private static IEnumerable<string> ManifestsIn(string folder)
    {
        try
        {
            return Directory.GetFiles(Path.Combine(folder, ManifestFolder), "*.json").Order(StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
