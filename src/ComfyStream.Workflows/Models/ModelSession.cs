using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ComfyStream.Workflows.Models;

/// <summary>
/// One stream's use of a shared model: its own input and outputs in native memory, bound once, so that a run allocates nothing.
/// One thread at a time, but for <see cref="Cancel"/>.
/// </summary>
internal sealed unsafe class ModelSession : IDisposable
{
    private readonly LoadedModel _model;
    private readonly NativeTensor _input;
    private readonly NativeTensor[] _outputs;
    private readonly OrtIoBinding _binding;

    // What goes wrong in a run comes as an exception; the runtime would also write a line to the console for each picture.
    private readonly RunOptions _options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };

    /// <param name="model">The model, with a use taken for this session.</param>
    public ModelSession(LoadedModel model, long[] inputShape, long[][] outputShapes)
    {
        _model = model;
        InferenceSession session = model.Session;
        _input = new NativeTensor(TensorElementType.Float, inputShape);
        _outputs = [.. outputShapes.Select(shape => new NativeTensor(TensorElementType.Float, shape))];
        _binding = session.CreateIoBinding();
        _binding.BindInput(session.InputNames[0], _input.Value);
        for (int i = 0; i < _outputs.Length; i++)
            _binding.BindOutput(session.OutputNames[i], _outputs[i].Value);
    }

    /// <summary>To be filled before <see cref="Run"/>.</summary>
    public float* Input => (float*)_input.Pointer;

    /// <summary>A result of the last run.</summary>
    public float* Output(int index) => (float*)_outputs[index].Pointer;

    /// <exception cref="OnnxRuntimeException">The model failed on this input, or was cancelled.</exception>
    public void Run() => _model.Session.RunWithBinding(_options, _binding);

    /// <summary>
    /// Ends a run at the model's next operator (any thread), and each further one at once, until <see cref="Rearm"/>. Not after
    /// <see cref="Dispose"/>.
    /// </summary>
    public void Cancel() => _options.Terminate = true;

    /// <summary>Lets the model run again.</summary>
    public void Rearm() => _options.Terminate = false;

    public void Dispose()
    {
        _binding.Dispose();
        _options.Dispose();
        _input.Dispose();
        foreach (NativeTensor output in _outputs)
            output.Dispose();
        _model.Release();
    }
}
