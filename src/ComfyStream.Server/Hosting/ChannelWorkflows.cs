using System.Collections.Concurrent;
using ComfyStream.Media;
using ComfyStream.Server.Options;
using ComfyStream.Workflows;

namespace ComfyStream.Server.Hosting;

/// <summary>
/// Which workflow a channel runs while its publisher names none: as it was configured, or as it was set since. Thread-safe.
/// </summary>
internal sealed class ChannelWorkflows
{
    private readonly ConcurrentDictionary<string, IWorkflow> _ofChannel = new(StringComparer.Ordinal);
    private readonly int _most;

    /// <exception cref="ServeException">A workflow is unknown or invalid.</exception>
    public ChannelWorkflows(ServeOptions options, WorkflowLibrary library)
    {
        Default = Resolve(library, options.Workflow, "--workflow");
        if (options.Demo)
            _ofChannel[ServeOptions.DemoChannel] = Resolve(library, ServeOptions.DemoWorkflow, "--demo");
        foreach ((string channel, ChannelOptions settings) in options.Channels)
            _ofChannel[channel] = settings.Workflow is { } workflow ? Resolve(library, workflow, $"channels.{channel}.workflow") : Default;
        _ofChannel.TryAdd(ServeOptions.DefaultChannel, Default);
        _most = options.Limits.Channels + _ofChannel.Count;
    }

    /// <summary>That of channels without one of their own.</summary>
    public IWorkflow Default { get; }

    public IWorkflow DefaultOf(string channel) => _ofChannel.GetValueOrDefault(channel, Default);

    /// <summary>Whether the channel has one of its own.</summary>
    public bool Contains(string channel) => _ofChannel.ContainsKey(channel);

    /// <summary>Gives a channel one of its own. False when too many have.</summary>
    public bool TrySet(string channel, IWorkflow workflow)
    {
        // Two at once may go beyond by one, which does no harm.
        if (_ofChannel.Count >= _most && !_ofChannel.ContainsKey(channel))
            return false;
        _ofChannel[channel] = workflow;
        return true;
    }

    private static IWorkflow Resolve(WorkflowLibrary library, string nameOrFile, string where)
    {
        if (library.TryResolveNameOrFile(nameOrFile, out IWorkflow? workflow, out string problem) && workflow is not null)
            return workflow;
        throw new ServeException($"{where} '{nameOrFile}' cannot be used: {problem.TrimEnd('.')}.");
    }
}
