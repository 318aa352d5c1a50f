using System.Numerics.Tensors;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Models;

/// <summary>
/// Brings distances without unit to nearness: 1 is the nearest and 0 the farthest that the stream shows. What counts as these follows
/// the pictures slowly, so that the map does not jump when something comes into view. One thread at a time.
/// </summary>
internal sealed unsafe class DepthScale
{
    private float _low;
    private float _high;
    private bool _isSet;

    /// <param name="tensor">Distances.</param>
    /// <param name="placement">Where the picture lay.</param>
    /// <param name="steadiness">Share of the old limits that is left after a picture, 0 to 1.</param>
    /// <param name="nearness">Takes the part that shows the picture.</param>
    public void Update(ModelTensor tensor, PicturePlacement placement, float steadiness, MaskPlane nearness)
    {
        (int left, int top, int width, int height) = PictureTensorReader.Content(tensor, placement);
        nearness.Resize(width, height);
        for (int y = 0; y < height; y++)
            new ReadOnlySpan<float>(tensor.Pointer + (nint)(top + y) * tensor.Width + left, width).CopyTo(new Span<float>(nearness.Row(y), width));
        Span<float> weights = nearness.Weights;
        FollowLimits(TensorPrimitives.Min<float>(weights), TensorPrimitives.Max<float>(weights), steadiness);

        float span = Math.Max(_high - _low, 1e-6f);
        float factor = tensor.Output.LargerIsNearer ? 1 / span : -1 / span;
        TensorPrimitives.Subtract(weights, tensor.Output.LargerIsNearer ? _low : _high, weights);
        TensorPrimitives.Multiply(weights, factor, weights);
        // What is no number is far.
        TensorPrimitives.MaxNumber(weights, 0f, weights);
        TensorPrimitives.Min(weights, 1f, weights);
    }

    private void FollowLimits(float low, float high, float steadiness)
    {
        // A picture that the model has no number for changes nothing.
        if (!float.IsFinite(low) || !float.IsFinite(high))
            return;
        float share = _isSet ? 1 - steadiness : 1;
        _low += (low - _low) * share;
        _high += (high - _high) * share;
        _isSet = true;
    }
}
