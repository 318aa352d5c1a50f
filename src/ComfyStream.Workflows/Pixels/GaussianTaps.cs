namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// How a Gaussian of a given size is made: the plane is shrunk by <see cref="Factor"/>, filtered with <see cref="Weights"/> and
/// enlarged again. Shrinking by averages and enlarging linearly blur too, so the filter supplies only the rest of the variance.
/// Immutable.
/// </summary>
internal sealed class GaussianTaps
{
    /// <summary>The small filter must at least be this wide (in small pixels), or the grid of the small plane shows.</summary>
    private const double MinReducedSigma = 1.4;
    private const double RadiusInSigmas = 3.2;

    private GaussianTaps(int factor, float[] weights) => (Factor, Weights) = (factor, weights);

    /// <summary>1, 2, 4 or 8.</summary>
    public int Factor { get; }

    /// <summary>Odd count, sum 1.</summary>
    public float[] Weights { get; }

    /// <param name="radius">Pixels on either side that count.</param>
    /// <param name="sigma">Standard deviation in pixels.</param>
    public static GaussianTaps Create(int radius, double sigma)
    {
        float[] full = Sample(radius, sigma);
        double variance = 0;
        for (int i = -radius; i <= radius; i++)
            variance += i * i * full[i + radius];

        for (int factor = 8; factor > 1; factor /= 2)
        {
            double reduced = Math.Sqrt(Math.Max(0, variance - OwnVariance(factor))) / factor;
            if (reduced >= MinReducedSigma)
                return new GaussianTaps(factor, Sample((int)Math.Ceiling(RadiusInSigmas * reduced), reduced));
        }

        return new GaussianTaps(1, Sample(Math.Min(radius, (int)Math.Ceiling(4 * sigma)), sigma));
    }

    /// <summary>Variance of averaging over <paramref name="factor"/> pixels and of drawing straight lines between the averages.</summary>
    private static double OwnVariance(int factor) => (factor * factor - 1) / 12.0 + factor * factor / 6.0;

    private static float[] Sample(int radius, double sigma)
    {
        double[] weights = new double[2 * radius + 1];
        for (int i = -radius; i <= radius; i++)
            weights[i + radius] = Math.Exp(-0.5 * i * i / (sigma * sigma));
        double sum = weights.Sum();
        return [.. weights.Select(weight => (float)(weight / sum))];
    }
}
