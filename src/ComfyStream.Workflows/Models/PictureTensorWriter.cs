using System.Numerics.Tensors;
using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Models;

/// <summary>
/// Writes pictures of one size as a model's input: size, place, colours, numbers and order as <see cref="ModelInput"/> says. Straight
/// into the tensor where the model takes RGB planes 0 to 1, else by way of such planes. One thread at a time.
/// </summary>
internal sealed unsafe class PictureTensorWriter : IDisposable
{
    private const int VectorLength = 8;

    private readonly ModelInput _input;
    private readonly PicturePlacement _placement;
    private readonly RgbTensorWriter _writer;
    private readonly NativeBuffer<float> _planes = new();
    private readonly float[] _row;
    private readonly int _stride;
    private readonly bool _isDirect;

    // By colour in the model's order: what a value 0 to 1 is multiplied by, and what is added.
    private readonly float[] _factor = new float[3];
    private readonly float[] _offset = new float[3];

    public PictureTensorWriter(ModelInput input, PicturePlacement placement)
    {
        (_input, _placement) = (input, placement);
        _writer = new RgbTensorWriter(placement.PictureWidth, placement.PictureHeight);
        _stride = (placement.PictureWidth + VectorLength - 1) / VectorLength * VectorLength;
        _row = new float[placement.Width];
        for (int i = 0; i < 3; i++)
        {
            _factor[i] = 255 * input.Scale / input.Deviation[i];
            _offset[i] = -input.Mean[i] / input.Deviation[i];
            if (Math.Abs(_factor[i] - 1) < 1e-6f)
                _factor[i] = 1;
        }

        bool isWhole = (placement.X, placement.Y, placement.Width, placement.Height) == (0, 0, placement.PictureWidth, placement.PictureHeight);
        _isDirect = isWhole && _stride == placement.Width && input is { Layout: TensorLayout.Nchw, Type: TensorType.Float, IsBgr: false };
        if (!_isDirect)
            _planes.EnsureLength(3 * _stride * placement.PictureHeight);
    }

    public void Write(VideoFrame picture, NativeTensor tensor)
    {
        if (_isDirect)
        {
            float* target = (float*)tensor.Pointer;
            _writer.Write(picture, target);
            for (int i = 0; i < 3; i++)
                Adjust(new Span<float>(target + i * _placement.Width * _placement.Height, _placement.Width * _placement.Height), i);
            return;
        }

        int planeLength = _stride * _placement.PictureHeight;
        _writer.Write(picture, _planes.Pointer, _planes.Pointer + planeLength, _planes.Pointer + 2 * planeLength, _stride);
        for (int color = 0; color < 3; color++)
        {
            float* plane = _planes.Pointer + (_input.IsBgr ? 2 - color : color) * planeLength;
            for (int y = 0; y < _placement.Height; y++)
            {
                FillRow(plane, y, color);
                Store(tensor, color, y);
            }
        }
    }

    public void Dispose()
    {
        _writer.Dispose();
        _planes.Dispose();
    }

    private void Adjust(Span<float> values, int color)
    {
        if (_factor[color] != 1)
            TensorPrimitives.Multiply(values, _factor[color], values);
        if (_offset[color] != 0)
            TensorPrimitives.Add(values, _offset[color], values);
    }

    /// <summary>One colour of a row of the input, border included.</summary>
    private void FillRow(float* plane, int y, int color)
    {
        Span<float> row = _row;
        int pictureY = y - _placement.Y;
        if (pictureY < 0 || pictureY >= _placement.PictureHeight)
        {
            row.Fill(_input.Border / 255);
        }
        else
        {
            int left = Math.Max(0, _placement.X);
            int skipped = left - _placement.X;
            int length = Math.Min(_placement.Width - left, _placement.PictureWidth - skipped);
            row[..left].Fill(_input.Border / 255);
            new ReadOnlySpan<float>(plane + pictureY * _stride + skipped, length).CopyTo(row[left..]);
            row[(left + length)..].Fill(_input.Border / 255);
        }

        Adjust(row, color);
    }

    private void Store(NativeTensor tensor, int color, int y)
    {
        bool isPlanar = _input.Layout == TensorLayout.Nchw;
        int at = isPlanar ? (color * _placement.Height + y) * _placement.Width : y * _placement.Width * 3 + color;
        int step = isPlanar ? 1 : 3;
        switch (_input.Type)
        {
            case TensorType.Float when isPlanar:
                _row.CopyTo(new Span<float>((float*)tensor.Pointer + at, _row.Length));
                break;
            case TensorType.Float:
                for (int x = 0; x < _row.Length; x++)
                    ((float*)tensor.Pointer)[at + x * step] = _row[x];
                break;
            case TensorType.Float16:
                for (int x = 0; x < _row.Length; x++)
                    ((Half*)tensor.Pointer)[at + x * step] = (Half)_row[x];
                break;
            case TensorType.UInt8:
                for (int x = 0; x < _row.Length; x++)
                    tensor.Pointer[at + x * step] = (byte)Math.Clamp(_row[x] + 0.5f, 0, 255);
                break;
            default:
                for (int x = 0; x < _row.Length; x++)
                    ((int*)tensor.Pointer)[at + x * step] = (int)MathF.Round(_row[x]);
                break;
        }
    }
}
