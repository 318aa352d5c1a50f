namespace ComfyStream.Streaming.Tests.Running.Foreign;

/// <summary>
/// Fifteen flat pictures in High profile with the tools that Baseline lacks (CABAC, 8x8 transform), by
/// <c>ffmpeg -f lavfi -i color=c=0x3c3c3c:s=320x240:r=30:d=0.5 -pix_fmt yuv420p -c:v libx264 -profile:v high -tune zerolatency
/// -x264-params keyint=15:slices=1:sliced-threads=0 -bsf:v h264_metadata=aud=insert,filter_units=remove_types=6 -f h264 high.h264</c>.
/// </summary>
internal static class HighProfileFilm
{
    public const int Luma = 0x44;

    private const string Base64 =
        "AAAAAQkQAAAAAWdkAA2stgoP2AiAAAADAIAAAB5HihVwAAAAAWjqw8siwAAAAWWIhAS//vet34FNjn3Vrulc4tMurlDQ9UfaUpni2SABkBYvUQRVIbxzyoEn" +
        "AAAKgFJssBCZTXiwknM5AAAAAQkwAAABQZo7EEv//rUqgAAOWAAAAAEJMAAAAUGaRggn//61KoAADlkAAAABCTAAAAFBmmYIJ//+tSqAAA5YAAAAAQkwAAAB" +
        "QZqGCCf//rUqgAAOWQAAAAEJMAAAAUGapggn//61KoAADlkAAAABCTAAAAFBmsYIKf/+1oywAAOrAAAAAQkwAAABQZrmCCn//taMsAADqwAAAAEJMAAAAUGb" +
        "Bggp//7WjLAAA6oAAAABCTAAAAFBmyYIKf/+1oywAAOqAAAAAQkwAAABQZtGCCn//taMsAADqwAAAAEJMAAAAUGbZggp//7WjLAAA6oAAAABCTAAAAFBm4YI" +
        "Kf/+1oywAAOqAAAAAQkwAAABQZumCCn//taMsAADqwAAAAEJMAAAAUGbxggp//7WjLAAA6s=";

    /// <summary>Access units, the first one a key frame.</summary>
    public static IReadOnlyList<byte[]> Units { get; } = Split(Convert.FromBase64String(Base64));

    // Each begins with an access unit delimiter.
    private static List<byte[]> Split(ReadOnlySpan<byte> stream)
    {
        List<byte[]> units = [];
        ReadOnlySpan<byte> delimiter = [0, 0, 0, 1, 9];
        while (!stream.IsEmpty)
        {
            int next = stream[1..].IndexOf(delimiter);
            int end = next < 0 ? stream.Length : next + 1;
            units.Add(stream[..end].ToArray());
            stream = stream[end..];
        }

        return units;
    }
}
