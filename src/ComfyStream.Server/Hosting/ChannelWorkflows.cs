using ComfyStream.Media;
using ComfyStream.Server.Options;
using ComfyStream.Workflows;

namespace ComfyStream.Server.Hosting;

/// <summary>Which workflow a channel runs while its publisher names none. Immutable.</summary>
internal sealed class ChannelWorkflows
{
    private readonly Dictionary<string, IWorkflow> _ofChannel = new(StringComparer.Ordinal);

    /// <exception cref="ServeException">A workflow is unknown or invalid.</exception>
    public ChannelWorkflows(ServeOptions options, WorkflowLibrary library)
    {
        Default = Resolve(library, options.Workflow, "--workflow");
        if (options.Demo)
            _ofChannel[ServeOptions.DemoChannel] = Resolve(library, ServeOptions.DemoWorkflow, "--demo");
        foreach ((string channel, ChannelOptions settings) in options.Channels)
        {
            if (settings.Workflow is { } workflow)
                _ofChannel[channel] = Resolve(library, workflow, $"channels.{channel}.workflow");
        }
    }

    /// <summary>That of channels without a setting of their own.</summary>
    public IWorkflow Default { get; }

    public IWorkflow DefaultOf(string channel) => _ofChannel.GetValueOrDefault(channel, Default);

    private static IWorkflow Resolve(WorkflowLibrary library, string nameOrFile, string where)
    {
        if (library.TryResolveNameOrFile(nameOrFile, out IWorkflow? workflow, out string problem) && workflow is not null)
            return workflow;
        throw new ServeException($"{where} '{nameOrFile}' cannot be used: {problem.TrimEnd('.')}.");
    }
}
