namespace ComfyStream.Media.Tests;

/// <summary>Synthetic pictures with camera-like motion, and what tests ask about pictures.</summary>
internal static unsafe class Scene
{
    public const int BoxSide = 48;

    /// <summary>Time from one picture to the next at 30 pictures a second.</summary>
    public static TimeSpan Period { get; } = TimeSpan.FromSeconds(1 / 30.0);

    /// <summary>A moving gradient with a moving textured box and some noise; times count up from a start that is not zero.</summary>
    public static VideoFrame Draw(VideoFramePool pool, int width, int height, int number)
    {
        VideoFrame frame = pool.Rent(width, height);
        uint noise = (uint)number * 2654435761 + 1;
        int boxX = number * 7 % (width - BoxSide);
        int boxY = number * 3 % (height - BoxSide);
        for (int y = 0; y < height; y++)
        {
            byte* row = frame.Y + y * frame.StrideY;
            for (int x = 0; x < width; x++)
            {
                noise = noise * 1664525 + 1013904223;
                bool isBox = x - boxX is >= 0 and < BoxSide && y - boxY is >= 0 and < BoxSide;
                int value = isBox ? 60 + ((x - boxX) / 6 * 37 ^ (y - boxY) / 6 * 91) % 120 : 40 + (x + number * 2 + y) / 8 % 150;
                row[x] = (byte)(value + (noise >> 30));
            }
        }

        FillChroma(frame, number);
        SetTimes(frame, number);
        return frame;
    }

    /// <summary>A flat picture.</summary>
    public static VideoFrame DrawFlat(VideoFramePool pool, int width, int height, int number, byte luma)
    {
        VideoFrame frame = pool.Rent(width, height);
        new Span<byte>(frame.Y, frame.StrideY * height).Fill(luma);
        new Span<byte>(frame.U, frame.StrideUv * height / 2).Fill(128);
        new Span<byte>(frame.V, frame.StrideUv * height / 2).Fill(128);
        SetTimes(frame, number);
        return frame;
    }

    public static TimeSpan MediaTimeOf(int number) => TimeSpan.FromSeconds(5) + number * Period;

    /// <summary>Signal-to-noise ratio of the luma in dB.</summary>
    public static double Psnr(VideoFrame a, VideoFrame b)
    {
        Assert.Equal((a.Width, a.Height), (b.Width, b.Height));
        double sum = 0;
        for (int y = 0; y < a.Height; y++)
        {
            for (int x = 0; x < a.Width; x++)
            {
                double difference = a.Y[y * a.StrideY + x] - b.Y[y * b.StrideY + x];
                sum += difference * difference;
            }
        }

        return 10 * Math.Log10(255.0 * 255 * a.Width * a.Height / Math.Max(sum, 1));
    }

    public static double MeanLuma(VideoFrame frame) => Mean(frame.Y, frame.StrideY, frame.Width, frame.Height);

    public static double MeanU(VideoFrame frame) => Mean(frame.U, frame.StrideUv, frame.Width / 2, frame.Height / 2);

    public static double MeanV(VideoFrame frame) => Mean(frame.V, frame.StrideUv, frame.Width / 2, frame.Height / 2);

    private static double Mean(byte* plane, int stride, int width, int height)
    {
        double sum = 0;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
                sum += plane[y * stride + x];
        }

        return sum / (width * height);
    }

    private static void FillChroma(VideoFrame frame, int number)
    {
        for (int y = 0; y < frame.Height / 2; y++)
        {
            for (int x = 0; x < frame.Width / 2; x++)
            {
                frame.U[y * frame.StrideUv + x] = (byte)(100 + (x + number) / 8 % 60);
                frame.V[y * frame.StrideUv + x] = (byte)(100 + (y + number) / 8 % 60);
            }
        }
    }

    private static void SetTimes(VideoFrame frame, int number)
    {
        frame.IsBt709 = frame.Height >= 720;
        frame.MediaTime = MediaTimeOf(number);
        frame.FirstArrival = frame.MediaTime + TimeSpan.FromMilliseconds(100);
        frame.LastArrival = frame.MediaTime + TimeSpan.FromMilliseconds(120);
    }
}
