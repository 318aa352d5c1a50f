namespace ComfyStream.Workflows.Detection;

/// <summary>Boxes in a picture, as many as it was made for at most. Memory is taken once. One thread at a time.</summary>
public sealed class BoxList(int capacity)
{
    private readonly Box[] _boxes = new Box[capacity];

    /// <summary>Boxes at most.</summary>
    public int Capacity => capacity;

    /// <summary>Boxes.</summary>
    public int Count { get; private set; }

    /// <summary>Whether no more fit.</summary>
    public bool IsFull => Count == capacity;

    /// <summary>The boxes.</summary>
    public ReadOnlySpan<Box> Items => _boxes.AsSpan(0, Count);

    /// <summary>Takes all away.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds one. The list must not be full.</summary>
    public void Add(in Box box) => _boxes[Count++] = box;

    /// <summary>Takes one away. The last one takes the place of the one that goes.</summary>
    public void RemoveAt(int index) => _boxes[index] = _boxes[--Count];
}
