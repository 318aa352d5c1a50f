using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Detection;

/// <summary>
/// Pictures of one size at one scale, and the square windows in them that a detector with a square input looks at: a row along the
/// longer side, evenly spread. A window larger than the picture has black bars. One thread at a time.
/// </summary>
internal sealed unsafe class SearchScale : IDisposable
{
    /// <summary>Neighbours have at least this part of a window in common, or a face on their border is whole in neither.</summary>
    private const double MinOverlap = 0.25;

    /// <summary>Bounds the work for a picture: enough for 32:9; one more elongated is searched as a whole only.</summary>
    private const int MaxWindows = 5;

    /// <summary>Rows of a scaled picture are whole vectors.</summary>
    private const int SizeStep = 8;

    private const float Black = -1;

    private readonly int _width;
    private readonly int _height;
    private readonly int _side;
    private readonly RgbTensorWriter _writer;
    private readonly NativeBuffer<float> _picture;

    private SearchScale(int width, int height, int side, int windowCount)
    {
        (_width, _height, _side, WindowCount) = (width, height, side, windowCount);
        _writer = new RgbTensorWriter(width, height);
        _picture = new NativeBuffer<float>(3 * width * height);
    }

    public int WindowCount { get; }

    /// <summary>
    /// What to search pictures of that size with: one window with the whole picture for large faces, and where the picture is not
    /// square, windows as high (or wide) as the picture for those about half as large.
    /// </summary>
    public static SearchScale[] CreateAll(int pictureWidth, int pictureHeight, int side)
    {
        int longer = Math.Max(pictureWidth, pictureHeight);
        int shorter = Math.Min(pictureWidth, pictureHeight);
        SearchScale whole = Create(longer, windowCount: 1);

        // Enlarged pictures would show nothing more.
        int count = shorter <= side ? 1 : 1 + (int)Math.Ceiling((longer - shorter) / ((1 - MinOverlap) * shorter));
        return count is > 1 and <= MaxWindows ? [whole, Create(shorter, count)] : [whole];

        SearchScale Create(int length, int windowCount) =>
            new(ScaleLength(pictureWidth, length), ScaleLength(pictureHeight, length), side, windowCount);

        int ScaleLength(int pixels, int length) =>
            Math.Max(1, (int)Math.Round((double)pixels * side / length / SizeStep)) * SizeStep;
    }

    /// <summary>Takes a picture of the size for which this was made.</summary>
    public void Update(VideoFrame picture) => _writer.Write(picture, _picture.Pointer);

    /// <summary>Writes a window as an input in NHWC, RGB from -1 to 1.</summary>
    public void WriteWindow(int index, float* tensor)
    {
        (int left, int top) = PositionOf(index);
        int first = Math.Max(0, -left);
        int end = Math.Min(_side, _width - left);
        for (int y = 0; y < _side; y++, tensor += 3 * _side)
        {
            if (top + y < 0 || top + y >= _height)
            {
                new Span<float>(tensor, 3 * _side).Fill(Black);
                continue;
            }

            new Span<float>(tensor, 3 * first).Fill(Black);
            new Span<float>(tensor + 3 * end, 3 * (_side - end)).Fill(Black);
            Interleave(_picture.Pointer + (top + y) * _width + left + first, tensor + 3 * first, end - first);
        }
    }

    /// <summary>From fractions of a window to fractions of the picture.</summary>
    public Box ToPicture(in Box box, int index)
    {
        (int left, int top) = PositionOf(index);
        float scaleX = (float)_side / _width;
        float scaleY = (float)_side / _height;
        float offsetX = (float)left / _width;
        float offsetY = (float)top / _height;
        Box mapped = box with
        {
            Left = offsetX + scaleX * box.Left,
            Top = offsetY + scaleY * box.Top,
            Right = offsetX + scaleX * box.Right,
            Bottom = offsetY + scaleY * box.Bottom,
        };
        for (int i = 0; i < KeyPoints.Count; i++)
            mapped.Points[i] = new(offsetX + scaleX * box.Points[i].X, offsetY + scaleY * box.Points[i].Y);
        return mapped;
    }

    public void Dispose()
    {
        _writer.Dispose();
        _picture.Dispose();
    }

    private (int Left, int Top) PositionOf(int index) => WindowCount == 1
        ? ((_width - _side) / 2, (_height - _side) / 2)
        : (index * (_width - _side) / (WindowCount - 1), index * (_height - _side) / (WindowCount - 1));

    private void Interleave(float* red, float* target, int length)
    {
        float* green = red + _width * _height;
        float* blue = green + _width * _height;
        for (int x = 0; x < length; x++, target += 3)
        {
            target[0] = 2 * red[x] - 1;
            target[1] = 2 * green[x] - 1;
            target[2] = 2 * blue[x] - 1;
        }
    }
}
