using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Models;

/// <summary>
/// Turns a picture that a model gives into a frame: colours into luma and chroma at the model's size, then the planes to the frame's
/// size. A border that the model was shown is left out. One thread at a time.
/// </summary>
internal sealed unsafe class PictureTensorReader : IDisposable
{
    private const int VectorLength = 8;

    private readonly PlaneStretcher _stretcher = new();
    private readonly PlaneDoubler _doubler = new();
    private readonly NativeBuffer<byte> _planes = new();
    private readonly NativeBuffer<float> _rows = new();

    /// <summary>The part of a tensor that shows the picture.</summary>
    public static (int X, int Y, int Width, int Height) Content(ModelTensor tensor, PicturePlacement placement)
    {
        (int left, int right) = Range(placement.X, placement.PictureWidth, placement.Width, tensor.Width);
        (int top, int bottom) = Range(placement.Y, placement.PictureHeight, placement.Height, tensor.Height);
        return (left, top, right - left, bottom - top);

        static (int From, int To) Range(int start, int length, int whole, int tensorLength)
        {
            int from = (int)Math.Round((double)Math.Max(0, start) * tensorLength / whole);
            int to = (int)Math.Round((double)Math.Min(whole, start + length) * tensorLength / whole);
            return (Math.Min(from, tensorLength - 1), Math.Max(to, from + 1));
        }
    }

    /// <summary>The size of a frame that shows what the model saw: as large as the picture was there, or as the model gives it where that is more.</summary>
    public static (int Width, int Height) FrameSize(ModelTensor tensor, PicturePlacement placement, int pictureWidth, int pictureHeight)
    {
        (_, _, int width, int height) = Content(tensor, placement);
        double seenWidth = pictureWidth * Math.Min(1, (double)placement.Width / placement.PictureWidth);
        double seenHeight = pictureHeight * Math.Min(1, (double)placement.Height / placement.PictureHeight);
        bool isLarger = width > seenWidth && height > seenHeight;
        return (Even(isLarger ? width : seenWidth), Even(isLarger ? height : seenHeight));

        static int Even(double side) => Math.Clamp((int)Math.Round(side / 2) * 2, 16, 8192);
    }

    /// <summary>Reads the whole of it.</summary>
    public void Read(ModelTensor tensor, PicturePlacement placement, VideoFrame target)
    {
        (int x, int y, int width, int height) = Content(tensor, placement);
        if ((width, height) == (target.Width, target.Height))
        {
            Convert(tensor, x, y, width, height, target.IsBt709, target.Y, target.StrideY, target.U, target.V, target.StrideUv);
            return;
        }

        (int halfWidth, int halfHeight) = ((width + 1) / 2, (height + 1) / 2);
        int stride = Align(width);
        int halfStride = Align(halfWidth);
        _planes.EnsureLength(stride * height + 2 * halfStride * halfHeight);
        byte* luma = _planes.Pointer;
        byte* u = luma + stride * height;
        byte* v = u + halfStride * halfHeight;
        Convert(tensor, x, y, width, height, target.IsBt709, luma, stride, u, v, halfStride);
        Resize(luma, stride, width, height, target.Y, target.StrideY, target.Width, target.Height);
        Resize(u, halfStride, halfWidth, halfHeight, target.U, target.StrideUv, target.Width / 2, target.Height / 2);
        Resize(v, halfStride, halfWidth, halfHeight, target.V, target.StrideUv, target.Width / 2, target.Height / 2);
    }

    public void Dispose()
    {
        _stretcher.Dispose();
        _doubler.Dispose();
        _planes.Dispose();
        _rows.Dispose();
    }

    private static int Align(int width) => (width + 63) / 64 * 64;

    private void Resize(byte* source, int sourceStride, int sourceWidth, int sourceHeight, byte* target, int stride, int width, int height)
    {
        if ((width, height) == (2 * sourceWidth, 2 * sourceHeight))
            _doubler.Double(source, sourceStride, sourceWidth, sourceHeight, target, stride);
        else
            _stretcher.Stretch(source, sourceStride, sourceWidth, sourceHeight, target, stride, width, height);
    }

    private void Convert(ModelTensor tensor, int left, int top, int width, int height, bool isBt709, byte* luma, int stride, byte* u, byte* v, int chromaStride)
    {
        // Three rows of colours, where they do not lie in planes, and two of chroma.
        int rowLength = Align(width + VectorLength);
        _rows.EnsureLength(5 * rowLength);
        float* blueness = _rows.Pointer + 3 * rowLength;
        float* redness = blueness + rowLength;
        var matrix = new RgbToYuv(isBt709, tensor.Output.Range.Low, tensor.Output.Range.High);
        for (int y = 0; y < height; y++)
        {
            float* first = Row(tensor, left, top + y, width, rowLength, out nint step);
            float* last = first + 2 * step;
            bool isFirst = y % 2 == 0;
            matrix.Convert(tensor.Output.IsBgr ? last : first, first + step, tensor.Output.IsBgr ? first : last, luma + (nint)y * stride, blueness, redness, width, isFirst);
            if (isFirst && y < height - 1)
                continue;
            int rowCount = isFirst ? 1 : 2;
            Halve(blueness, width, rowCount, u + (nint)(y / 2) * chromaStride);
            Halve(redness, width, rowCount, v + (nint)(y / 2) * chromaStride);
        }
    }

    /// <summary>A row of the first colour; the others follow, a step apart.</summary>
    private float* Row(ModelTensor tensor, int left, int y, int width, int rowLength, out nint step)
    {
        nint pixel = (nint)y * tensor.Width + left;
        if (tensor.Output.Layout == TensorLayout.Nchw)
        {
            step = (nint)tensor.Width * tensor.Height;
            return tensor.Pointer + pixel;
        }

        step = rowLength;
        for (int x = 0; x < width; x++)
        {
            for (int i = 0; i < 3; i++)
                _rows.Pointer[i * step + x] = tensor.Pointer[(pixel + x) * 3 + i];
        }

        return _rows.Pointer;
    }

    /// <summary>Means of two by two; the sums of the rows are there already.</summary>
    private static void Halve(float* sums, int width, int rowCount, byte* target)
    {
        float scale = 1f / (2 * rowCount);
        for (int x = 0; x + 1 < width; x += 2)
            target[x / 2] = (byte)((sums[x] + sums[x + 1]) * scale + 128.5f);
        if (width % 2 != 0)
            target[width / 2] = (byte)(sums[width - 1] * 2 * scale + 128.5f);
    }
}
