namespace ComfyStream.Workflows.Nodes;

/// <summary>A node at work for one stream: settings read, buffers and models its own. Owned by its processor, one thread at a time.</summary>
internal abstract class Node : IDisposable
{
    /// <summary>Computes the outputs for one picture. Allocates nothing once warm.</summary>
    public abstract void Run(NodeContext context);

    /// <summary>Ends the run of a model that another thread waits for, and the node's next ones, until <see cref="Rearm"/>. Any thread.</summary>
    public virtual void Cancel()
    {
    }

    /// <summary>Lets models run again.</summary>
    public virtual void Rearm()
    {
    }

    public virtual void Dispose()
    {
    }
}
