using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Detection;

/// <summary>
/// Pictures of one size at one scale, and the square windows in them that a detector with a square input looks at: columns and rows,
/// evenly spread. A window larger than the picture has black bars. One thread at a time.
/// </summary>
internal sealed unsafe class SearchScale : IDisposable
{
    /// <summary>
    /// Side of a window of the finer scale, as a part of the picture's shorter side. The detector is sure of faces from about a sixth
    /// of its input on: at 16:9 from a sixteenth of the picture's width in these windows, from a sixth in the whole picture.
    /// </summary>
    private const double FinePart = 2.0 / 3;

    /// <summary>Neighbours have at least this part of a window in common: what is too large to be whole in one of them shows in the whole picture.</summary>
    private const double MinOverlap = 0.4;

    /// <summary>Bounds the work: enough for 32:9; a picture still more elongated is searched as a whole only.</summary>
    private const int MaxWindows = 18;

    /// <summary>Rows of a scaled picture are whole vectors.</summary>
    private const int SizeStep = 8;

    private const float Black = -1;

    private readonly int _width;
    private readonly int _height;
    private readonly int _side;
    private readonly int _columns;
    private readonly int _rows;
    private readonly RgbTensorWriter _writer;
    private readonly NativeBuffer<float> _picture;

    private SearchScale(int width, int height, int side, int columns, int rows)
    {
        (_width, _height, _side, _columns, _rows) = (width, height, side, columns, rows);
        _writer = new RgbTensorWriter(width, height);
        _picture = new NativeBuffer<float>(3 * width * height);
    }

    public int WindowCount => _columns * _rows;

    /// <summary>The whole picture in one window, for large faces.</summary>
    public static SearchScale CreateWhole(int pictureWidth, int pictureHeight, int side) =>
        Create(pictureWidth, pictureHeight, Math.Max(pictureWidth, pictureHeight), side, columns: 1, rows: 1);

    /// <summary>Windows smaller than the picture, for small faces. Null where they would show nothing more.</summary>
    public static SearchScale? CreateFine(int pictureWidth, int pictureHeight, int side)
    {
        double length = FinePart * Math.Min(pictureWidth, pictureHeight);
        (int columns, int rows) = (CountWindows(pictureWidth, length), CountWindows(pictureHeight, length));
        return length < side || columns * rows > MaxWindows ? null : Create(pictureWidth, pictureHeight, length, side, columns, rows);
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

    /// <param name="pictureWidth">Width of the pictures.</param>
    /// <param name="pictureHeight">Their height.</param>
    /// <param name="length">Side of a window in pixels of the picture.</param>
    /// <param name="side">The same in pixels of the detector's input.</param>
    /// <param name="columns">Windows side by side.</param>
    /// <param name="rows">Windows one below the other.</param>
    private static SearchScale Create(int pictureWidth, int pictureHeight, double length, int side, int columns, int rows)
    {
        return new SearchScale(Scale(pictureWidth), Scale(pictureHeight), side, columns, rows);

        int Scale(int pixels) => Math.Max(1, (int)Math.Round(pixels * side / length / SizeStep)) * SizeStep;
    }

    private static int CountWindows(int pixels, double length) =>
        1 + (int)Math.Ceiling((pixels - length) / ((1 - MinOverlap) * length));

    private (int Left, int Top) PositionOf(int index)
    {
        (int row, int column) = Math.DivRem(index, _columns);
        return (Spread(column, _columns, _width - _side), Spread(row, _rows, _height - _side));
    }

    /// <summary>From edge to edge; one alone stands in the middle.</summary>
    private static int Spread(int index, int count, int room) => count == 1 ? room / 2 : index * room / (count - 1);

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
