using ComfyStream.Media;
using ComfyStream.Server.Hosting;
using ComfyStream.Streaming;
using ComfyStream.Workflows;

namespace ComfyStream.Server.Control;

/// <summary>
/// Sets which workflow a channel runs: the one that it runs now, and that of its next publisher who names none. Both stay until the
/// server ends.
/// </summary>
internal sealed class WorkflowControl(Relay relay, ChannelWorkflows workflows)
{
    /// <summary>The workflow of a channel; null when nobody uses the channel and nothing was set for it.</summary>
    public Workflow? Find(string channel) =>
        (relay.WorkflowOf(channel) ?? (workflows.Contains(channel) ? workflows.DefaultOf(channel) : null)) as Workflow;

    /// <summary>What the statistics say of a channel; null when nobody uses it.</summary>
    public StreamSnapshot? FindStatus(string channel) => relay.Streams().FirstOrDefault(stream => stream.Channel == channel);

    /// <summary>Puts a workflow in the place of a channel's.</summary>
    public async Task<WorkflowResult> ReplaceAsync(string channel, IWorkflow next, CancellationToken cancellation)
    {
        WorkflowResult result = await relay.ReplaceWorkflowAsync(channel, next, cancellation);
        bool isUsed = result.Outcome != WorkflowOutcome.NoChannel;
        if (!isUsed)
            result = await relay.TryRunAsync(next, cancellation);
        if (result.Outcome is not (WorkflowOutcome.Runs or WorkflowOutcome.Waits))
            return result;
        if (!workflows.TrySet(channel, next) && !isUsed)
            return new WorkflowResult(WorkflowOutcome.NoChannel, null);

        // Somebody may have come since, by the workflow of before.
        return !isUsed && relay.HasChannel(channel) ? await relay.ReplaceWorkflowAsync(channel, next, cancellation) : result;
    }

    /// <summary>Changes values of a channel's workflow, all of them or none.</summary>
    public async Task<(WorkflowResult Result, IReadOnlyList<WorkflowProblem> Problems)> ChangeAsync(
        string channel, IReadOnlyList<WorkflowChange> changes, CancellationToken cancellation)
    {
        IReadOnlyList<WorkflowProblem> problems = [];
        IWorkflow? Change(IWorkflow current)
        {
            Workflow? changed = null;
            return current is Workflow workflow && workflow.TryChange(changes, out changed, out problems) ? changed : null;
        }

        WorkflowResult result = await relay.ChangeValuesAsync(channel, Change, cancellation);
        if (result.Outcome == WorkflowOutcome.NoChannel && workflows.Contains(channel))
        {
            IWorkflow current = workflows.DefaultOf(channel);
            result = Change(current) is { } next
                ? await relay.TryRunAsync(next, cancellation)
                : new WorkflowResult(WorkflowOutcome.Refused, current);
        }

        if (result is { Outcome: WorkflowOutcome.Runs or WorkflowOutcome.Waits, Workflow: { } changed })
            workflows.TrySet(channel, changed);
        return (result, problems);
    }
}
