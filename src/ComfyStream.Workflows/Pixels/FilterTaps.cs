namespace ComfyStream.Workflows.Pixels;

/// <summary>Weights of a symmetric filter along one axis: an odd count, with the middle one for the pixel itself.</summary>
internal static class FilterTaps
{
    /// <summary>A Gaussian that ends at a radius, scaled to a sum of 1.</summary>
    public static float[] Gaussian(int radius, double sigma)
    {
        double[] weights = [.. Enumerable.Range(-radius, 2 * radius + 1).Select(x => Math.Exp(-0.5 * x * x / (sigma * sigma)))];
        double sum = weights.Sum();
        return [.. weights.Select(weight => (float)(weight / sum))];
    }

    /// <summary>
    /// What a filter is on a chroma plane: as if chroma were repeated for its four pixels, filtered and averaged again. A place of
    /// chroma is two pixels wide; a weight at an odd distance falls half on either neighbour.
    /// </summary>
    public static float[] ForChroma(float[] taps)
    {
        int radius = taps.Length / 2;
        int chromaRadius = (radius + 1) / 2;
        float[] result = new float[2 * chromaRadius + 1];
        for (int x = -radius; x <= radius; x++)
        {
            float half = taps[x + radius] / 2;
            result[(int)Math.Floor(x / 2.0) + chromaRadius] += half;
            result[(int)Math.Ceiling(x / 2.0) + chromaRadius] += half;
        }

        return result;
    }
}
