using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ComfyStream.Workflows.Models;

/// <summary>A tensor in native memory that the runtime reads or writes in place. Zeros at first.</summary>
internal sealed unsafe class NativeTensor : IDisposable
{
    private readonly NativeBuffer<byte> _buffer;

    public NativeTensor(TensorElementType type, long[] shape)
    {
        (Type, Shape) = (type, shape);
        Length = 1;
        foreach (long side in shape)
            Length = checked(Length * (int)side);
        _buffer = new NativeBuffer<byte>(checked(Length * SizeOf(type)));
        Value = OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, type, shape, (nint)_buffer.Pointer, (long)Length * SizeOf(type));
    }

    public TensorElementType Type { get; }

    public long[] Shape { get; }

    /// <summary>Elements.</summary>
    public int Length { get; }

    public byte* Pointer => _buffer.Pointer;

    public OrtValue Value { get; }

    public static TensorElementType ElementType(TensorType type) => type switch
    {
        TensorType.Float => TensorElementType.Float,
        TensorType.Float16 => TensorElementType.Float16,
        TensorType.UInt8 => TensorElementType.UInt8,
        TensorType.Int32 => TensorElementType.Int32,
        _ => TensorElementType.Int64,
    };

    public void Clear() => new Span<byte>(Pointer, Length * SizeOf(Type)).Clear();

    /// <summary>Writes numbers as the tensor's type.</summary>
    public void Fill(ReadOnlySpan<double> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            switch (Type)
            {
                case TensorElementType.Float: ((float*)Pointer)[i] = (float)values[i]; break;
                case TensorElementType.Double: ((double*)Pointer)[i] = values[i]; break;
                case TensorElementType.Float16: ((Half*)Pointer)[i] = (Half)values[i]; break;
                case TensorElementType.Int32: ((int*)Pointer)[i] = (int)values[i]; break;
                case TensorElementType.Int64: ((long*)Pointer)[i] = (long)values[i]; break;
                default: Pointer[i] = (byte)values[i]; break;
            }
        }
    }

    public void Dispose()
    {
        Value.Dispose();
        _buffer.Dispose();
    }

    private static int SizeOf(TensorElementType type) => type switch
    {
        TensorElementType.Float or TensorElementType.Int32 => 4,
        TensorElementType.Double or TensorElementType.Int64 => 8,
        TensorElementType.Float16 => 2,
        TensorElementType.UInt8 or TensorElementType.Bool => 1,
        _ => throw new MediaException($"A tensor of {type} is not supported: float, float16, int32, int64 and uint8 are."),
    };
}
