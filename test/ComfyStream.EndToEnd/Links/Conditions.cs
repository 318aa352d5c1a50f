namespace ComfyStream.EndToEnd.Links;

/// <summary>The links that are tried, the same both ways.</summary>
internal static class Conditions
{
    /// <summary>How long an outage is.</summary>
    public static readonly TimeSpan Outage = TimeSpan.FromSeconds(3);

    public static readonly LinkConditions Far = new() { Delay = TimeSpan.FromMilliseconds(100) };

    public static readonly LinkConditions Lossy = Far with { Loss = 0.05, Jitter = TimeSpan.FromMilliseconds(30), KeepsOrder = true };

    /// <summary>5 % loss, 100 ms +- 30 ms: packets that follow each other within 60 ms arrive in any order.</summary>
    public static readonly LinkConditions Bad = Lossy with { KeepsOrder = false };

    /// <summary>Makes such a link, or skips the test with the reason.</summary>
    public static LinkEmulator Require(LinkConditions conditions)
    {
        LinkEmulator? link = LinkEmulator.TryCreate(conditions, conditions, seed: 1, out string problem);
        Assert.SkipWhen(link is null, problem);
        return link!;
    }
}
