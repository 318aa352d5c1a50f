namespace ComfyStream.Media;

/// <summary>What a node of a running workflow has cost so far.</summary>
/// <param name="NodeId">The node's key in the workflow; for a conversion that of the node whose picture is converted.</param>
/// <param name="ClassType">Its class, or a conversion's name.</param>
/// <param name="RunCount">How often it ran: not for constants but once, nor while what it reads is unchanged.</param>
/// <param name="Total">Time of all runs.</param>
/// <param name="Last">Time of the newest run.</param>
public readonly record struct NodeTiming(string NodeId, string ClassType, long RunCount, TimeSpan Total, TimeSpan Last);
