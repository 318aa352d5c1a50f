namespace ComfyStream.Workflows.Nodes;

/// <summary>A node at work for one stream: settings read, buffers and models its own. Owned by its processor, one thread at a time.</summary>
internal abstract class Node : IDisposable
{
    /// <summary>Computes the outputs for one picture. Allocates nothing once warm.</summary>
    public abstract void Run(NodeContext context);

    public virtual void Dispose()
    {
    }
}
