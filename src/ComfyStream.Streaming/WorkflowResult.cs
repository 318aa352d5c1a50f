using ComfyStream.Media;

namespace ComfyStream.Streaming;

/// <summary>What became of a change of a channel's workflow.</summary>
public enum WorkflowOutcome
{
    /// <summary>It runs; or, while nobody publishes, it is that of the next publisher.</summary>
    Runs,

    /// <summary>It is ready and takes over with the publisher's next key frame.</summary>
    Waits,

    /// <summary>Nobody uses the channel.</summary>
    NoChannel,

    /// <summary>Whoever asked for it has refused it: nothing has changed.</summary>
    Refused,

    /// <summary>The new workflow cannot run here: the one before goes on.</summary>
    CannotRun,
}

/// <summary>What became of a change of a channel's workflow.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Workflow">The workflow in force now; null when nobody uses the channel.</param>
/// <param name="Detail">Why not.</param>
public sealed record WorkflowResult(WorkflowOutcome Outcome, IWorkflow? Workflow, string Detail = "");
