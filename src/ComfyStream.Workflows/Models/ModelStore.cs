using ComfyStream.Media;
using Microsoft.ML.OnnxRuntime;

namespace ComfyStream.Workflows.Models;

/// <summary>Finds model files (<c>NAME.onnx</c>) and keeps each loaded once for all streams. Thread-safe.</summary>
internal sealed class ModelStore(IReadOnlyList<string> folders) : IDisposable
{
    private readonly ModelLibrary _library = new(folders);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LoadedModel> _loaded = [];
    private bool _disposed;

    /// <summary>Makes a session of a model with one float input and as many float outputs, in the model's order.</summary>
    /// <exception cref="MediaException">The file is missing, cannot be read, or is another model.</exception>
    public ModelSession CreateSession(string name, long[] inputShape, params long[][] outputShapes)
    {
        string path = Find(name);
        LoadedModel model = Load(name, path);
        InferenceSession session = model.Session;
        if (!Fits(session.InputNames, session.InputMetadata, inputShape) || !Fits(session.OutputNames, session.OutputMetadata, outputShapes))
        {
            model.Release();
            string outputs = string.Join(", ", outputShapes.Select(Describe));
            throw new MediaException(
                $"The model {path} is not the one that is needed: it must take float {Describe(inputShape)} and give float {outputs}. Put the right {name}.onnx there.");
        }

        return Warm(new ModelSession(model, inputShape, outputShapes), path);
    }

    /// <summary>Makes a stream's use of a model that is fed as its manifest says.</summary>
    /// <exception cref="MediaException">There is no such manifest or file, or they are wrong, or do not fit together.</exception>
    public PictureModel CreatePictureModel(string id)
    {
        ModelManifest manifest = _library.Find(id) ?? throw new MediaException(
            $"There is no model named {id}; there are {string.Join(", ", _library.List(out _).Select(known => known.Id))}. Describe it in models/{ModelLibrary.ManifestFolder}/{id}.json, as docs/models.md shows.");
        string path = Find(id);
        return new PictureModel(manifest, Load(id, path), path);
    }

    /// <summary>Models whose manifests name an output of a kind, here or not.</summary>
    public IReadOnlyList<string> IdsOf(OutputKind kind) =>
        [.. _library.List(out _).Where(manifest => manifest.Outputs.Any(output => output.Kind == kind)).Select(manifest => manifest.Id)];

    /// <summary>Loads no more, and frees each model once no session uses it.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (LoadedModel model in _loaded.Values)
                model.Release();
            _loaded.Clear();
        }
    }

    /// <summary>Runs it on nothing, so that the first picture does not wait for the runtime's own preparations.</summary>
    private static ModelSession Warm(ModelSession session, string path)
    {
        try
        {
            session.Run();
            return session;
        }
        catch (OnnxRuntimeException e)
        {
            session.Dispose();
            throw new MediaException($"The model {path} cannot be run: {e.Message}");
        }
    }

    private static string Describe(long[] shape) => $"[{string.Join(", ", shape)}]";

    private static bool Fits(IReadOnlyList<string> names, IReadOnlyDictionary<string, NodeMetadata> metadata, params long[][] shapes) =>
        names.Count == shapes.Length && names.Zip(shapes).All(pair => Fits(metadata[pair.First], pair.Second));

    /// <summary>Dimensions that a model leaves open are negative.</summary>
    private static bool Fits(NodeMetadata metadata, long[] shape) =>
        metadata.IsTensor && metadata.ElementType == typeof(float) && metadata.Dimensions.Length == shape.Length
        && metadata.Dimensions.Zip(shape).All(pair => pair.First < 0 || pair.First == pair.Second);

    private string Find(string name)
    {
        if (_library.FindFile(name) is { } path)
            return path;
        if (_library.Find(name) is { Urls.Count: > 0 } manifest)
            throw new MediaException($"The model {name} is not here yet ({manifest.Licence}). Fetch it by: ./comfystream model add {name}");
        string searched = folders.Count == 0 ? "no model folder is set" : $"looked in {string.Join(", ", folders)}";
        throw new MediaException($"The model file {name}.onnx was not found ({searched}). Put it into one of the model folders.");
    }

    /// <summary>The caller has a use of what it gets.</summary>
    private LoadedModel Load(string name, string path)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_loaded.TryGetValue(name, out LoadedModel? model))
                _loaded.Add(name, model = new LoadedModel(Open(path)));
            model.AddUse();
            return model;
        }
    }

    /// <exception cref="MediaException">It is no model.</exception>
    internal static InferenceSession Open(string path)
    {
        // A run uses the thread that asks for it and no other: streams run side by side, and waiting workers that spin would take
        // the cores from the media threads.
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        try
        {
            InferenceRuntime.Apply(options);
            return new InferenceSession(path, options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new MediaException($"The model {path} cannot be loaded: {e.Message}");
        }
    }
}
