namespace ComfyStream.Workflows.Tests.Reference;

/// <summary>A plane (height, width) or a picture (height, width, channels) of floats, row after row.</summary>
internal sealed record ReferenceArray(int[] Shape, float[] Values)
{
    public float this[int y, int x] => Values[y * Shape[1] + x];
}
