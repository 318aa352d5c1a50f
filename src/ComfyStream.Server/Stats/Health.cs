namespace ComfyStream.Server.Stats;

/// <summary>Answer of <c>/health</c>; the page reads from it what it may show.</summary>
/// <param name="Status">Always <c>ok</c>: whoever reads it got an answer.</param>
/// <param name="Version">Version of the program.</param>
/// <param name="DemoChannel">Channel of the demo, null when it does not run.</param>
/// <param name="AllowRaw">Whether <c>streamId=CHANNEL/raw</c> is served.</param>
/// <param name="DefaultWorkflow">Workflow of channels that name none.</param>
/// <param name="CanProcess">Whether workflows can run, that is whether a codec library was found.</param>
internal sealed record Health(string Status, string Version, string? DemoChannel, bool AllowRaw, string DefaultWorkflow, bool CanProcess);

/// <summary>Answer of <c>/workflows</c>.</summary>
internal sealed record WorkflowList(IReadOnlyList<WorkflowEntry> Workflows);

/// <summary>A workflow that <c>prompts</c> may name.</summary>
internal sealed record WorkflowEntry(string Name, string Description);
