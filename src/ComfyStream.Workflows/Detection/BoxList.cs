namespace ComfyStream.Workflows.Detection;

/// <summary>Boxes in a picture, as many as it was made for at most. Memory is taken once. One thread at a time.</summary>
internal sealed class BoxList(int capacity)
{
    private readonly Box[] _boxes = new Box[capacity];

    public int Capacity => capacity;

    public int Count { get; private set; }

    public bool IsFull => Count == capacity;

    public ReadOnlySpan<Box> Items => _boxes.AsSpan(0, Count);

    public void Clear() => Count = 0;

    /// <summary>The list must not be full.</summary>
    public void Add(in Box box) => _boxes[Count++] = box;

    /// <summary>The last one takes the place of the one that goes.</summary>
    public void RemoveAt(int index) => _boxes[index] = _boxes[--Count];
}
