using ComfyStream.Media;
using ComfyStream.Media.Libav;
using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows;

/// <summary>Picture files that workflows may name. Never leaves its folder, links included. Thread-safe.</summary>
internal sealed class PictureFolder(string? folder, RgbPicturePool pictures)
{
    private const int MaxFileBytes = 64 * 1024 * 1024;

    /// <exception cref="MediaException">There is no such file, or it cannot be read.</exception>
    public RgbPicture Load(string name)
    {
        string path = Find(name);
        try
        {
            RgbaPicture read = PictureLoader.Load(ReadFile(path, name));
            return ToPlanes(read);
        }
        catch (Exception e) when (e is MediaException or IOException or UnauthorizedAccessException)
        {
            throw new MediaException($"the picture {WorkflowProblems.Quote(name)} cannot be read: {e.Message}");
        }
    }

    private string Find(string name)
    {
        if (folder is null)
            throw new MediaException("there is no input folder to load pictures from; start with --workspace");
        if (!PictureFileInput.IsSafe(name))
            throw new MediaException($"{WorkflowProblems.Quote(name)} is not the name of a picture in the workspace's input folder");
        string path = Path.Combine(folder, name);
        if (!File.Exists(path) || !StaysInside(path))
            throw new MediaException($"the picture {WorkflowProblems.Quote(name)} is not in the workspace's input folder; put it there");
        return path;
    }

    private bool StaysInside(string path)
    {
        for (string? at = path; at is not null && at.Length > folder!.Length; at = Path.GetDirectoryName(at))
        {
            if (new FileInfo(at).LinkTarget is not null)
                return false;
        }

        return true;
    }

    private static byte[] ReadFile(string path, string name) => new FileInfo(path).Length <= MaxFileBytes
        ? File.ReadAllBytes(path)
        : throw new MediaException($"{WorkflowProblems.Quote(name)} is larger than {MaxFileBytes >> 20} MiB");

    private unsafe RgbPicture ToPlanes(RgbaPicture read)
    {
        bool hasAlpha = HasAlpha(read.Pixels);
        RgbPicture picture = pictures.Rent(read.Width, read.Height, hasAlpha);
        fixed (byte* start = read.Pixels)
        {
            for (int y = 0; y < read.Height; y++)
            {
                byte* from = start + (nint)y * read.Width * 4;
                nint row = (nint)y * picture.Stride;
                for (int x = 0; x < read.Width; x++, from += 4)
                {
                    (picture.R[row + x], picture.G[row + x], picture.B[row + x]) = (from[0], from[1], from[2]);
                    if (hasAlpha)
                        picture.A[row + x] = from[3];
                }
            }
        }

        return picture;
    }

    private static bool HasAlpha(byte[] pixels)
    {
        for (int i = 3; i < pixels.Length; i += 4)
        {
            if (pixels[i] != 255)
                return true;
        }

        return false;
    }
}
