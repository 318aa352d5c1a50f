using System.Text.RegularExpressions;
using ComfyStream.Media;
using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests.Reference;

/// <summary>
/// Makes pictures of descriptions: "96x64" a part of a photograph, "~96x64" noise (in RGB only: in I420 most noise is no colour),
/// "96x64a" with alpha, "mask 30x20" noise from 0 to 1, "steps 30x20" of few values, "none" nothing. The same always.
/// </summary>
internal static unsafe partial class TestPictures
{
    private const int PhotographWidth = 640;
    private const int PhotographHeight = 360;

    public static object? Make(string description, int seed, PictureFormat format, VideoFramePool pool, RgbPicturePool pictures, bool isBt709)
    {
        if (description == "none")
            return null;
        Match match = Description().Match(description);
        (int width, int height) = (int.Parse(match.Groups["width"].Value), int.Parse(match.Groups["height"].Value));
        return match.Groups["kind"].Value switch
        {
            "mask " => Mask(width, height, seed, steps: 0),
            "steps " => Mask(width, height, seed, steps: 4),
            "~" => Noise(width, height, seed, match.Groups["alpha"].Success, pictures),
            _ when format == PictureFormat.I420 => Photograph(width, height, seed, pool, isBt709),
            _ => Photograph(width, height, seed, match.Groups["alpha"].Success, pool, pictures),
        };
    }

    private static MaskPlane Mask(int width, int height, int seed, int steps)
    {
        var random = new Random(seed + 100);
        var mask = new MaskPlane(width, height);
        foreach (ref float weight in mask.Weights)
            weight = steps == 0 ? random.NextSingle() : random.Next(steps + 1) / (float)steps;
        return mask;
    }

    private static RgbPicture Noise(int width, int height, int seed, bool hasAlpha, RgbPicturePool pictures)
    {
        var random = new Random(seed);
        RgbPicture picture = pictures.Rent(width, height, hasAlpha);
        for (int i = 0; i < (hasAlpha ? 4 : 3); i++)
        {
            for (int y = 0; y < height; y++)
                random.NextBytes(new Span<byte>(picture.Plane(i) + (nint)y * picture.Stride, width));
        }

        return picture;
    }

    /// <summary>A part of the astronaut around the face, another for each seed.</summary>
    private static VideoFrame Photograph(int width, int height, int seed, VideoFramePool pool, bool isBt709)
    {
        VideoFrame whole = Pictures.Astronaut(pool);
        VideoFrame part = pool.Rent(width, height);
        (int left, int top) = Corner(width, height, seed);
        Pictures.Fill(part, (plane, x, y) => plane == Plane.Y
            ? Pictures.Get(whole, plane, (left + x) % PhotographWidth, (top + y) % PhotographHeight)
            : Pictures.Get(whole, plane, (left / 2 + x) % (PhotographWidth / 2), (top / 2 + y) % (PhotographHeight / 2)));
        part.IsBt709 = isBt709;
        whole.Return();
        return part;
    }

    private static RgbPicture Photograph(int width, int height, int seed, bool hasAlpha, VideoFramePool pool, RgbPicturePool pictures)
    {
        VideoFrame frame = Pictures.Astronaut(pool);
        RgbPicture whole = pictures.Rent(PhotographWidth, PhotographHeight, hasAlpha);
        PictureConverter.ToRgb(frame, whole);
        frame.Return();
        RgbPicture part = pictures.Rent(width, height, hasAlpha);
        (int left, int top) = Corner(width, height, seed);
        for (int i = 0; i < (hasAlpha ? 4 : 3); i++)
        {
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    part.Plane(i)[(nint)y * part.Stride + x] = i == 3
                        ? (byte)(x * 255 / width ^ y)
                        : whole.Plane(i)[(nint)((top + y) % PhotographHeight) * whole.Stride + (left + x) % PhotographWidth];
                }
            }
        }

        whole.Return();
        return part;
    }

    private static (int Left, int Top) Corner(int width, int height, int seed) =>
        (Math.Max(0, 280 - width / 2 + 40 * seed) & ~1, Math.Max(0, 164 - height / 2 + 20 * seed) & ~1);

    [GeneratedRegex(@"^(?<kind>~|mask |steps )?(?<width>\d+)x(?<height>\d+)(?<alpha>a)?$")]
    private static partial Regex Description();
}
