using Microsoft.ML.OnnxRuntime;

namespace ComfyStream.Workflows.Models;

/// <summary>
/// A model in memory, freed by its last user: a run that hangs may outlive the store, and must not have the model taken from under
/// it. Begins with one use, the store's. Thread-safe.
/// </summary>
internal sealed class LoadedModel(InferenceSession session)
{
    private int _uses = 1;

    public InferenceSession Session => session;

    /// <summary>Adds a use; only while another one lasts.</summary>
    public void AddUse() => Interlocked.Increment(ref _uses);

    /// <summary>Ends a use.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _uses) == 0)
            session.Dispose();
    }
}
