using ComfyStream.Media;
using ComfyStream.Media.Libav;

namespace ComfyStream.Server.Demo;

/// <summary>
/// A lively 1280x720 picture with a person: the astronaut moves before a busy street of lights, so that it can be seen what a
/// workflow does to person and background. Owned by one thread; draws straight into I420.
/// </summary>
internal sealed unsafe class DemoScene
{
    /// <summary>Width in pixels.</summary>
    public const int Width = 1280;

    /// <summary>Height in pixels.</summary>
    public const int Height = 720;

    private const int PanoramaWidth = 1920;
    private const int Balls = 6;

    private readonly Picture _panorama = PaintPanorama();
    private readonly Picture _person;

    /// <param name="person">The person cut out, with alpha.</param>
    public DemoScene(RgbaPicture person) => _person = Picture.FromRgba(person.Pixels, person.Width & ~1, person.Height & ~1, person.Width, withAlpha: true);

    /// <summary>Draws the scene as it is <paramref name="seconds"/> after its start.</summary>
    public void Draw(VideoFrame frame, double seconds)
    {
        double sway = (1 - Math.Cos(seconds * 0.35)) / 2;
        CopyPanorama(frame, (int)(sway * (PanoramaWidth - Width)) & ~1);
        for (int i = 0; i < Balls; i++)
            DrawBall(frame, i, seconds);

        int x = (int)((Width - _person.Width) / 2 + Math.Sin(seconds * 0.45) * 260) & ~1;
        int y = (int)(Height - _person.Height + 14 + Math.Sin(seconds * 2.1) * 12) & ~1;
        DrawPerson(frame, x, y);
        frame.IsBt709 = true;
    }

    private void CopyPanorama(VideoFrame frame, int offset)
    {
        for (int row = 0; row < Height; row++)
            _panorama.Y.AsSpan(row * PanoramaWidth + offset, Width).CopyTo(new Span<byte>(frame.Y + row * frame.StrideY, Width));
        for (int row = 0; row < Height / 2; row++)
        {
            int start = row * PanoramaWidth / 2 + offset / 2;
            _panorama.U.AsSpan(start, Width / 2).CopyTo(new Span<byte>(frame.U + row * frame.StrideUv, Width / 2));
            _panorama.V.AsSpan(start, Width / 2).CopyTo(new Span<byte>(frame.V + row * frame.StrideUv, Width / 2));
        }
    }

    private static void DrawBall(VideoFrame frame, int index, double seconds)
    {
        int radius = 22 + 6 * index;
        double phase = seconds * (0.5 + 0.13 * index) + index * 1.7;
        int centreX = (int)(Width / 2 + Math.Cos(phase) * (Width / 2 - radius));
        int centreY = (int)(Height * 0.72 - Math.Abs(Math.Sin(phase * 1.9)) * Height * 0.55);
        (byte red, byte green, byte blue) = Palette(index);
        (byte y, byte u, byte v) = ToYuv(red, green, blue);
        for (int row = Math.Max(0, centreY - radius); row < Math.Min(Height, centreY + radius); row++)
        {
            int half = (int)Math.Sqrt(radius * radius - (row - centreY) * (row - centreY));
            int from = Math.Max(0, centreX - half);
            int to = Math.Min(Width, centreX + half);
            if (to <= from)
                continue;
            new Span<byte>(frame.Y + row * frame.StrideY + from, to - from).Fill(y);
            if (row % 2 != 0)
                continue;
            int chroma = row / 2 * frame.StrideUv + from / 2;
            new Span<byte>(frame.U + chroma, (to - from) / 2).Fill(u);
            new Span<byte>(frame.V + chroma, (to - from) / 2).Fill(v);
        }
    }

    private void DrawPerson(VideoFrame frame, int left, int top)
    {
        Blend(_person.Y, _person.Alpha!, _person.Width, _person.Height, frame.Y, frame.StrideY, Width, Height, left, top);
        int chromaWidth = _person.Width / 2;
        int chromaHeight = _person.Height / 2;
        Blend(_person.U, _person.ChromaAlpha!, chromaWidth, chromaHeight, frame.U, frame.StrideUv, Width / 2, Height / 2, left / 2, top / 2);
        Blend(_person.V, _person.ChromaAlpha!, chromaWidth, chromaHeight, frame.V, frame.StrideUv, Width / 2, Height / 2, left / 2, top / 2);
    }

    private static void Blend(
        byte[] source, byte[] alpha, int width, int height, byte* target, int stride, int targetWidth, int targetHeight, int left, int top)
    {
        int fromX = Math.Max(0, -left);
        int toX = Math.Min(width, targetWidth - left);
        for (int row = Math.Max(0, -top); row < Math.Min(height, targetHeight - top); row++)
        {
            byte* line = target + (top + row) * stride + left;
            int start = row * width;
            for (int column = fromX; column < toX; column++)
            {
                int opacity = alpha[start + column];
                if (opacity == 255)
                    line[column] = source[start + column];
                else if (opacity != 0)
                    line[column] = (byte)((source[start + column] * opacity + line[column] * (255 - opacity) + 127) / 255);
            }
        }
    }

    // Facades with lit windows under an evening sky: fine detail, that a blur visibly takes away.
    private static Picture PaintPanorama()
    {
        byte[] rgba = new byte[PanoramaWidth * Height * 4];
        var random = new Random(20);
        for (int row = 0; row < Height; row++)
        {
            double t = row / (double)Height;
            Fill(rgba, 0, row, PanoramaWidth, 1, ((byte)(250 - 150 * t), (byte)(150 - 60 * t), (byte)(110 + 60 * t)));
        }

        for (int x = -20; x < PanoramaWidth;)
        {
            int width = random.Next(90, 190);
            int height = random.Next(150, 380);
            byte shade = (byte)random.Next(35, 80);
            PaintHouse(rgba, random, x, Height - height, width, height, shade);
            x += width + random.Next(0, 14);
        }

        return Picture.FromRgba(rgba, PanoramaWidth, Height, PanoramaWidth, withAlpha: false);
    }

    private static void PaintHouse(byte[] rgba, Random random, int left, int top, int width, int height, byte shade)
    {
        Fill(rgba, left, top, width, height, (shade, (byte)(shade + 6), (byte)(shade + 30)));
        for (int y = top + 14; y < top + height - 20; y += 26)
        {
            for (int x = left + 10; x < left + width - 16; x += 22)
            {
                bool lit = random.NextDouble() < 0.55;
                (byte, byte, byte) colour = lit ? Palette(random.Next(Balls)) : ((byte)(shade / 2), (byte)(shade / 2), (byte)(shade / 2 + 14));
                Fill(rgba, x, y, 13, 16, colour);
                if (lit)
                    Fill(rgba, x + 6, y, 2, 16, (20, 20, 30));
            }
        }
    }

    private static void Fill(byte[] rgba, int left, int top, int width, int height, (byte Red, byte Green, byte Blue) colour)
    {
        for (int y = Math.Max(0, top); y < Math.Min(Height, top + height); y++)
        {
            for (int x = Math.Max(0, left); x < Math.Min(PanoramaWidth, left + width); x++)
            {
                int i = (y * PanoramaWidth + x) * 4;
                (rgba[i], rgba[i + 1], rgba[i + 2], rgba[i + 3]) = (colour.Red, colour.Green, colour.Blue, 255);
            }
        }
    }

    private static (byte Red, byte Green, byte Blue) Palette(int index) => (index % Balls) switch
    {
        0 => (255, 209, 102),
        1 => (239, 71, 111),
        2 => (6, 214, 160),
        3 => (76, 201, 240),
        4 => (255, 240, 190),
        _ => (181, 131, 255),
    };

    // BT.709, limited range.
    private static (byte Y, byte U, byte V) ToYuv(double red, double green, double blue)
    {
        double luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        return ((byte)Math.Round(16 + luma * 219 / 255), (byte)Math.Round(128 + (blue - luma) / 1.8556 * 224 / 255), (byte)Math.Round(128 + (red - luma) / 1.5748 * 224 / 255));
    }

    private sealed class Picture
    {
        public required int Width { get; init; }

        public required int Height { get; init; }

        public required byte[] Y { get; init; }

        public required byte[] U { get; init; }

        public required byte[] V { get; init; }

        public byte[]? Alpha { get; init; }

        public byte[]? ChromaAlpha { get; init; }

        public static Picture FromRgba(byte[] rgba, int width, int height, int rowPixels, bool withAlpha)
        {
            var picture = new Picture
            {
                Width = width,
                Height = height,
                Y = new byte[width * height],
                U = new byte[width * height / 4],
                V = new byte[width * height / 4],
                Alpha = withAlpha ? new byte[width * height] : null,
                ChromaAlpha = withAlpha ? new byte[width * height / 4] : null,
            };
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    int i = (y * rowPixels + x) * 4;
                    (byte luma, byte u, byte v) = ToYuv(rgba[i], rgba[i + 1], rgba[i + 2]);
                    picture.Y[y * width + x] = luma;
                    if (withAlpha)
                        picture.Alpha![y * width + x] = rgba[i + 3];
                    if (x % 2 != 0 || y % 2 != 0)
                        continue;
                    int chroma = y / 2 * (width / 2) + x / 2;
                    (picture.U[chroma], picture.V[chroma]) = (u, v);
                    if (withAlpha)
                        picture.ChromaAlpha![chroma] = rgba[i + 3];
                }
            }

            return picture;
        }
    }
}
