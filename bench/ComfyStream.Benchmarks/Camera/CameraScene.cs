using ComfyStream.Media;
using ComfyStream.Media.Libav;

namespace ComfyStream.Benchmarks.Camera;

/// <summary>
/// What a camera in a room sees: a person who moves before a textured wall, and the noise of the sensor, which is what makes
/// pictures of cameras cost more to code than drawn ones. One thread.
/// </summary>
internal sealed unsafe class CameraScene
{
    private const int NoiseBytes = 1 << 20;
    private const int NoiseAmplitude = 3;

    private const int Black = 16;
    private const int Darkness = 4;

    private readonly bool _isDark;
    private readonly Random _random = new(7);
    private readonly sbyte[] _noise = new sbyte[NoiseBytes];
    private readonly RgbaPicture _person;

    public CameraScene(bool isDark = false)
    {
        _isDark = isDark;
        for (int i = 0; i < _noise.Length; i++)
            _noise[i] = (sbyte)_random.Next(-NoiseAmplitude, NoiseAmplitude + 1);
        using Stream resource = typeof(CameraScene).Assembly.GetManifestResourceStream("Camera/astronaut.png")!;
        byte[] file = new byte[resource.Length];
        resource.ReadExactly(file);
        _person = PictureLoader.Load(file);
    }

    /// <summary>Draws the moment <paramref name="phase"/> (0 to 1) of a motion that ends where it began.</summary>
    public void Draw(VideoFrame frame, double phase)
    {
        double angle = phase * 2 * Math.PI;
        DrawWall(frame, Math.Sin(angle) * 4);
        int left = ((frame.Width - _person.Width) / 2 + (int)(Math.Sin(angle) * frame.Width / 6)) & ~1;
        int top = (frame.Height - Math.Min(_person.Height, frame.Height * 9 / 10) + (int)(Math.Sin(angle * 3) * 8)) & ~1;
        DrawPerson(frame, left, top);
        if (_isDark)
            Darken(frame);
        AddNoise(frame);
        frame.IsBt709 = frame.Height >= 720;
    }

    private static void DrawWall(VideoFrame frame, double shift)
    {
        for (int row = 0; row < frame.Height; row++)
        {
            byte* line = frame.Y + row * frame.StrideY;
            double shade = 70 + 90.0 * row / frame.Height;
            for (int column = 0; column < frame.Width; column++)
                line[column] = (byte)(shade + 12 * Math.Sin((column + shift) * 0.11) + 9 * Math.Sin((row + column * 0.35 + shift) * 0.23));
        }

        for (int row = 0; row < frame.Height / 2; row++)
        {
            new Span<byte>(frame.U + row * frame.StrideUv, frame.Width / 2).Fill((byte)(118 + 20 * row / frame.Height));
            new Span<byte>(frame.V + row * frame.StrideUv, frame.Width / 2).Fill((byte)(134 - 12 * row / frame.Height));
        }
    }

    // BT.709 in limited range.
    private void DrawPerson(VideoFrame frame, int left, int top)
    {
        for (int y = Math.Max(0, -top); y < _person.Height && top + y < frame.Height; y++)
        {
            for (int x = Math.Max(0, -left); x < _person.Width && left + x < frame.Width; x++)
            {
                ReadOnlySpan<byte> pixel = _person.Pixels.AsSpan((y * _person.Width + x) * 4, 4);
                if (pixel[3] == 0)
                    continue;

                (int column, int row) = (left + x, top + y);
                byte* luma = frame.Y + row * frame.StrideY + column;
                *luma = Blend(*luma, 16 + 0.183 * pixel[0] + 0.614 * pixel[1] + 0.062 * pixel[2], pixel[3]);
                if (row % 2 != 0 || column % 2 != 0)
                    continue;
                int chroma = row / 2 * frame.StrideUv + column / 2;
                frame.U[chroma] = Blend(frame.U[chroma], 128 - 0.101 * pixel[0] - 0.339 * pixel[1] + 0.439 * pixel[2], pixel[3]);
                frame.V[chroma] = Blend(frame.V[chroma], 128 + 0.439 * pixel[0] - 0.399 * pixel[1] - 0.040 * pixel[2], pixel[3]);
            }
        }
    }

    private static void Darken(VideoFrame frame)
    {
        for (int row = 0; row < frame.Height; row++)
        {
            byte* line = frame.Y + row * frame.StrideY;
            for (int column = 0; column < frame.Width; column++)
                line[column] = (byte)(Black + (line[column] - Black) / Darkness);
        }
    }

    private void AddNoise(VideoFrame frame)
    {
        for (int row = 0; row < frame.Height; row++)
        {
            byte* line = frame.Y + row * frame.StrideY;
            int start = _random.Next(NoiseBytes - frame.Width);
            for (int column = 0; column < frame.Width; column++)
                line[column] = (byte)Math.Clamp(line[column] + _noise[start + column], 16, 235);
        }
    }

    private static byte Blend(byte under, double over, byte opacity) => (byte)(under + (over - under) * opacity / 255);
}
