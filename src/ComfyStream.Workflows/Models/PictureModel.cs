using ComfyStream.Media;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ComfyStream.Workflows.Models;

/// <summary>
/// One stream's use of a model that sees pictures, fed as its manifest says: the picture resized and put in order, constants, and
/// recurrent tensors handed on from picture to picture. Results stay until the next run, which the manifest may have seldom. Its
/// tensors are made, and the model is warmed, when a picture comes in another size than the last; else a run allocates nothing. One
/// thread at a time, but for <see cref="Cancel"/>.
/// </summary>
internal sealed class PictureModel : IDisposable
{
    // The first run may give recurrent tensors their real shape, the second has to keep it.
    private const int MostShapeChanges = 3;

    private readonly LoadedModel _model;
    private readonly string[] _outputNames;
    private readonly string _inputName;

    // What goes wrong in a run comes as an exception; the runtime would also write a line to the console for each picture.
    private readonly RunOptions _options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };

    private PictureTensorWriter? _writer;
    private NativeTensor? _input;
    private ModelTensor[] _outputs = [];
    private NativeTensor[] _constants = [];

    // Two sets of recurrent tensors, each the input of one binding and the output of the other.
    private readonly NativeTensor[][] _states = [[], []];
    private readonly OrtIoBinding?[] _bindings = [null, null];
    private int _turn;

    private (int Width, int Height) _size;
    private bool _hasResult;
    private int _picturesSinceRun;
    private TimeSpan _lastRun;

    /// <param name="manifest">How the model is fed.</param>
    /// <param name="model">The model, with a use taken for this.</param>
    /// <param name="path">Its file, for messages.</param>
    /// <exception cref="MediaException">The model has other tensors than the manifest says. The use is given back.</exception>
    public PictureModel(ModelManifest manifest, LoadedModel model, string path)
    {
        (Manifest, _model) = (manifest, model);
        IReadOnlyList<string> problems = ManifestFit.Check(manifest, model.Session, out _inputName, out _outputNames);
        if (problems.Count == 0)
            return;
        model.Release();
        _options.Dispose();
        throw new MediaException($"The model {path} does not fit its manifest {manifest.Path}: {string.Join("; ", problems)}.");
    }

    public ModelManifest Manifest { get; }

    /// <summary>The model sees every so many pictures, whatever its manifest says; 0: as that says.</summary>
    public int RunEvery { get; set; }

    /// <summary>Where the last picture lay in the model's input.</summary>
    public PicturePlacement Placement { get; private set; }

    /// <summary>A result of the last run, in the manifest's order.</summary>
    public ModelTensor Output(int index) => _outputs[index];

    /// <summary>The first result of a kind; null when the model gives none.</summary>
    public ModelTensor? Output(OutputKind kind)
    {
        foreach (ModelTensor output in _outputs)
        {
            if (output.Output.Kind == kind)
                return output;
        }

        return null;
    }

    /// <summary>Runs the model, unless the last result is to serve for this picture too: then false.</summary>
    /// <exception cref="OnnxRuntimeException">The model failed on this picture, or was cancelled.</exception>
    /// <exception cref="MediaException">The model cannot be run on pictures of this size.</exception>
    public bool Run(VideoFrame picture, TimeSpan mediaTime)
    {
        if (_size != (picture.Width, picture.Height))
            Prepare(picture.Width, picture.Height);
        if (!IsDue(mediaTime))
            return false;
        _writer!.Write(picture, _input!);
        _model.Session.RunWithBinding(_options, _bindings[_turn]!);
        if (_states[0].Length > 0)
            _turn ^= 1;
        foreach (ModelTensor output in _outputs)
            output.Refresh();
        (_hasResult, _picturesSinceRun, _lastRun) = (true, 0, mediaTime);
        return true;
    }

    /// <summary>
    /// Ends a run at the model's next operator (any thread), and each further one at once, until <see cref="Rearm"/>. Not after
    /// <see cref="Dispose"/>.
    /// </summary>
    public void Cancel() => _options.Terminate = true;

    /// <summary>Lets the model run again.</summary>
    public void Rearm() => _options.Terminate = false;

    public void Dispose()
    {
        DisposeTensors();
        _options.Dispose();
        _model.Release();
    }

    private bool IsDue(TimeSpan mediaTime)
    {
        if (!_hasResult || mediaTime < _lastRun)
            return true;
        _picturesSinceRun++;
        if (RunEvery > 0)
            return _picturesSinceRun >= RunEvery;
        if (_picturesSinceRun < Manifest.RunEvery)
            return false;

        // A tenth less than the interval: capture times tremble, and one that comes a little early is not to cost a whole picture.
        return Manifest.MaxFps is not { } rate || mediaTime - _lastRun >= TimeSpan.FromSeconds(0.9 / rate);
    }

    private void Prepare(int width, int height)
    {
        DisposeTensors();
        Placement = PicturePlacement.Of(Manifest.Input, width, height);
        _writer = new PictureTensorWriter(Manifest.Input, Placement);
        long[] shape = Manifest.Input.Layout == TensorLayout.Nchw ? [1, 3, Placement.Height, Placement.Width] : [1, Placement.Height, Placement.Width, 3];
        _input = new NativeTensor(NativeTensor.ElementType(Manifest.Input.Type), shape);
        _constants = [.. Manifest.Constants.Select(MakeConstant)];
        _states[0] = [.. Manifest.States.Select(state => new NativeTensor(TypeOf(state.Input), state.Shape))];

        (TensorElementType Type, long[] Shape)[] given = Rehearse();
        _outputs = [.. Manifest.Outputs.Select((output, i) => new ModelTensor(output, new NativeTensor(given[i].Type, given[i].Shape)))];
        foreach (NativeTensor state in _states[0])
            state.Clear();
        _states[1] = [.. _states[0].Select(state => new NativeTensor(state.Type, state.Shape))];
        CheckShapes(width, height);
        _bindings[0] = Bind(_states[0], _states[1]);
        _bindings[1] = _states[0].Length > 0 ? Bind(_states[1], _states[0]) : null;
        _size = (width, height);
    }

    private NativeTensor MakeConstant(ModelConstant constant)
    {
        var tensor = new NativeTensor(TypeOf(constant.Input), constant.Shape);
        tensor.Fill(constant.Values);
        return tensor;
    }

    private TensorElementType TypeOf(string input) => ManifestFit.ElementType(_model.Session.InputMetadata[input]);

    /// <summary>Runs the model on nothing until the shapes of what it gives are known: that warms it, too.</summary>
    private (TensorElementType Type, long[] Shape)[] Rehearse()
    {
        for (int i = 0; i < MostShapeChanges; i++)
        {
            using OrtIoBinding binding = BindInputs(_states[0]);
            foreach (string name in _outputNames)
                binding.BindOutputToDevice(name, OrtMemoryInfo.DefaultInstance);
            foreach (ModelState state in Manifest.States)
                binding.BindOutputToDevice(state.Output, OrtMemoryInfo.DefaultInstance);
            using IDisposableReadOnlyCollection<OrtValue> results = _model.Session.RunWithBoundResults(_options, binding);
            (TensorElementType Type, long[] Shape)[] given = [.. results.Select(Describe)];
            (TensorElementType Type, long[] Shape)[] states = given[_outputNames.Length..];
            if (states.Zip(_states[0]).All(pair => pair.First.Shape.SequenceEqual(pair.Second.Shape)))
                return given;
            foreach (NativeTensor state in _states[0])
                state.Dispose();
            _states[0] = [.. states.Select(state => new NativeTensor(state.Type, state.Shape))];
        }

        throw new MediaException($"The model {Manifest.Id} gives its recurrent tensors another shape at each picture. Correct state in {Manifest.Path}.");
    }

    private static (TensorElementType Type, long[] Shape) Describe(OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        return (info.ElementDataType, info.Shape);
    }

    /// <summary>Planes and pictures must be such.</summary>
    private void CheckShapes(int width, int height)
    {
        foreach (ModelTensor tensor in _outputs)
        {
            string? needed = tensor.Output.Kind switch
            {
                OutputKind.Depth or OutputKind.Mask or OutputKind.LumaResidual => tensor.Shape.Length >= 2 && tensor.Length == tensor.Width * tensor.Height ? null : "height x width",
                OutputKind.Image when tensor.Shape.Length != 4 || tensor.Length != 3 * tensor.Width * tensor.Height =>
                    tensor.Output.Layout == TensorLayout.Nchw ? "1 x 3 x height x width" : "1 x height x width x 3",
                _ => null,
            };
            if (needed is not null)
                throw new MediaException($"The model {Manifest.Id} gives [{string.Join(", ", tensor.Shape)}] for a picture of {width}x{height}, and its manifest says {tensor.Output.Kind.ToString().ToLowerInvariant()}, {needed}. Correct output in {Manifest.Path}.");
        }
    }

    private OrtIoBinding Bind(NativeTensor[] from, NativeTensor[] to)
    {
        OrtIoBinding binding = BindInputs(from);
        for (int i = 0; i < _outputs.Length; i++)
            binding.BindOutput(_outputNames[i], _outputs[i].Tensor.Value);
        for (int i = 0; i < to.Length; i++)
            binding.BindOutput(Manifest.States[i].Output, to[i].Value);
        return binding;
    }

    private OrtIoBinding BindInputs(NativeTensor[] states)
    {
        OrtIoBinding binding = _model.Session.CreateIoBinding();
        binding.BindInput(_inputName, _input!.Value);
        for (int i = 0; i < _constants.Length; i++)
            binding.BindInput(Manifest.Constants[i].Input, _constants[i].Value);
        for (int i = 0; i < states.Length; i++)
            binding.BindInput(Manifest.States[i].Input, states[i].Value);
        return binding;
    }

    private void DisposeTensors()
    {
        (_size, _hasResult, _turn) = (default, false, 0);
        foreach (OrtIoBinding? binding in _bindings)
            binding?.Dispose();
        _bindings.AsSpan().Clear();
        IEnumerable<IDisposable?> all = [_writer, _input, .. _outputs, .. _constants, .. _states[0], .. _states[1]];
        foreach (IDisposable? tensor in all)
            tensor?.Dispose();
        (_writer, _input, _outputs, _constants, _states[0], _states[1]) = (null, null, [], [], [], []);
    }
}
