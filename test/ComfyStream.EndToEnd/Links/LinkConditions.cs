namespace ComfyStream.EndToEnd.Links;

/// <summary>What one direction of a link does to packets.</summary>
internal sealed record LinkConditions
{
    /// <summary>Nothing but the time that copying takes.</summary>
    public static readonly LinkConditions Clear = new();

    /// <summary>Share of the packets that is lost, each independently of the others.</summary>
    public double Loss { get; init; }

    /// <summary>Time under way.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Evenly spread deviation from <see cref="Delay"/>, to either side.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>A packet waits for those before it; without this, jitter beyond the spacing of packets reorders them.</summary>
    public bool KeepsOrder { get; init; }

    /// <summary>Share of the packets that arrives twice.</summary>
    public double Duplication { get; init; }

    /// <summary>Bits that the line takes in a second; null for any number.</summary>
    public long? BitsPerSecond { get; init; }

    /// <summary>Bytes that may wait for the line when it has a rate; what comes when they are waiting is dropped.</summary>
    public int QueueBytes { get; init; } = 64 << 10;
}
