using ComfyStream.Workflows.Pixels;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ComfyStream.Workflows.Models;

/// <summary>
/// One stream's use of a shared model: its own input and output in native memory, bound once, so that a run allocates nothing.
/// One thread at a time.
/// </summary>
internal sealed unsafe class ModelSession : IDisposable
{
    private readonly InferenceSession _model;
    private readonly NativeBuffer<float> _input;
    private readonly NativeBuffer<float> _output;
    private readonly OrtValue _inputValue;
    private readonly OrtValue _outputValue;
    private readonly OrtIoBinding _binding;
    private readonly RunOptions _options = new();

    public ModelSession(InferenceSession model, long[] inputShape, long[] outputShape)
    {
        _model = model;
        (_input, _inputValue) = MakeTensor(inputShape);
        (_output, _outputValue) = MakeTensor(outputShape);
        _binding = model.CreateIoBinding();
        _binding.BindInput(model.InputNames[0], _inputValue);
        _binding.BindOutput(model.OutputNames[0], _outputValue);
    }

    /// <summary>To be filled before <see cref="Run"/>.</summary>
    public float* Input => _input.Pointer;

    /// <summary>The last run's result.</summary>
    public float* Output => _output.Pointer;

    /// <exception cref="OnnxRuntimeException">The model failed on this input.</exception>
    public void Run() => _model.RunWithBinding(_options, _binding);

    public void Dispose()
    {
        _binding.Dispose();
        _inputValue.Dispose();
        _outputValue.Dispose();
        _options.Dispose();
        _input.Dispose();
        _output.Dispose();
    }

    private static (NativeBuffer<float> Buffer, OrtValue Value) MakeTensor(long[] shape)
    {
        int length = 1;
        foreach (long dimension in shape)
            length *= (int)dimension;
        var buffer = new NativeBuffer<float>(length);
        OrtValue value = OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, TensorElementType.Float, shape, (nint)buffer.Pointer, (long)length * sizeof(float));
        return (buffer, value);
    }
}
