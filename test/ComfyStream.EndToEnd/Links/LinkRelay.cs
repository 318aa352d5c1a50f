using ComfyStream.EndToEnd.Processes;

namespace ComfyStream.EndToEnd.Links;

/// <summary>A relay that is reached over a link.</summary>
public sealed class LinkRelay : RelayProcess
{
    internal LinkRelay(LinkEmulator link, params string[] options)
        : base(["--host", $"{link.OuterAddress}", .. options.Contains("--advertise") ? Array.Empty<string>() : ["--advertise", $"{link.OuterAddress}"], .. options])
    {
    }
}
