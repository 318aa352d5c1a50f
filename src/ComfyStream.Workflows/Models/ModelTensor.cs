using System.Numerics.Tensors;
using ComfyStream.Workflows.Pixels;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ComfyStream.Workflows.Models;

/// <summary>What a model gives, as floats whatever its type is.</summary>
internal sealed unsafe class ModelTensor : IDisposable
{
    private readonly NativeBuffer<float> _floats = new();

    public ModelTensor(ModelOutput output, NativeTensor tensor)
    {
        (Output, Tensor) = (output, tensor);
        if (tensor.Type != TensorElementType.Float)
            _floats.EnsureLength(tensor.Length);
    }

    public ModelOutput Output { get; }

    public NativeTensor Tensor { get; }

    public long[] Shape => Tensor.Shape;

    public int Length => Tensor.Length;

    public float* Pointer => Tensor.Type == TensorElementType.Float ? (float*)Tensor.Pointer : _floats.Pointer;

    /// <summary>Of a plane or a picture.</summary>
    public int Width => (int)(Output is { Kind: OutputKind.Image, Layout: TensorLayout.Nhwc } ? Shape[^2] : Shape[^1]);

    /// <summary>Of a plane or a picture.</summary>
    public int Height => (int)(Output is { Kind: OutputKind.Image, Layout: TensorLayout.Nhwc } ? Shape[^3] : Shape[^2]);

    /// <summary>To be called after each run.</summary>
    public void Refresh()
    {
        var floats = new Span<float>(_floats.Pointer, Length);
        switch (Tensor.Type)
        {
            case TensorElementType.Float:
                break;
            case TensorElementType.Float16:
                TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>(Tensor.Pointer, Length), floats);
                break;
            case TensorElementType.UInt8:
                TensorPrimitives.ConvertTruncating<byte, float>(new(Tensor.Pointer, Length), floats);
                break;
            case TensorElementType.Int32:
                TensorPrimitives.ConvertTruncating<int, float>(new(Tensor.Pointer, Length), floats);
                break;
            case TensorElementType.Int64:
                TensorPrimitives.ConvertTruncating<long, float>(new(Tensor.Pointer, Length), floats);
                break;
            default:
                TensorPrimitives.ConvertTruncating<double, float>(new(Tensor.Pointer, Length), floats);
                break;
        }
    }

    public void Dispose()
    {
        Tensor.Dispose();
        _floats.Dispose();
    }
}
