namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// A node at work for one stream: settings read, buffers and models its own. One thread at a time, but for <see cref="Cancel"/>.
/// </summary>
public abstract class Node : IDisposable
{
    /// <summary>Computes all outputs for one picture. Allocates nothing once warm.</summary>
    public abstract void Run(NodeContext context);

    /// <summary>
    /// Takes other settings between two pictures, cheaply and keeping what it remembers of the pictures before. False when it cannot
    /// (then nothing has changed): a new node is made of the settings beside the running one and takes its place.
    /// </summary>
    public virtual bool TryApply(NodeSettings settings) => false;

    /// <summary>Ends the run of a model that another thread waits for, and the node's next ones, until <see cref="Rearm"/>. Any thread.</summary>
    public virtual void Cancel()
    {
    }

    /// <summary>Lets models run again.</summary>
    public virtual void Rearm()
    {
    }

    /// <summary>Frees buffers and models.</summary>
    public virtual void Dispose()
    {
    }
}
