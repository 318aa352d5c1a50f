using System.Diagnostics.CodeAnalysis;

namespace ComfyStream.Media;

/// <summary>A validated workflow as a stream sees it. Immutable; shared by streams.</summary>
public interface IWorkflow
{
    /// <summary>Its name, for logs and statistics: that of its file, or "custom" for one given as JSON.</summary>
    string Name { get; }

    /// <summary>Whether input goes to output unchanged, so that the stream is forwarded without decoding.</summary>
    bool IsPassthrough { get; }

    /// <summary>Whether it gives a picture.</summary>
    bool HasVideoOutput { get; }

    /// <summary>Whether it gives sound: its own, or its input's, forwarded.</summary>
    bool HasAudioOutput => true;

    /// <summary>
    /// Whether the input may be shown where the result is missing, because the workflow failed or is too late. False for everything
    /// that protects somebody's privacy.
    /// </summary>
    bool FailsOpen => false;

    /// <summary>
    /// The same workflow with other values, all of them or none; this one stays as it is. When false, <paramref name="problem"/> says
    /// all that is wrong, naming node and input. <see cref="IFrameProcessor.Replace"/> makes a running workflow the changed one.
    /// </summary>
    bool TryWith(IReadOnlyList<WorkflowChange> changes, [NotNullWhen(true)] out IWorkflow? changed, out string problem)
    {
        (changed, problem) = (null, $"the workflow {Name} has no values that can be changed");
        return false;
    }

    /// <summary>Starts it for one stream: loads its models.</summary>
    /// <exception cref="MediaException">It cannot run here; the message says why and what to do.</exception>
    IFrameProcessor CreateProcessor();
}
