using System.Net;
using ComfyStream.Server.Options;
using ComfyStream.Workflows.Models;

namespace ComfyStream.Server.Hosting;

/// <summary>What a person should know of a running server.</summary>
/// <param name="BaseAddress">Where HTTP answers, for a client on this machine.</param>
/// <param name="Options">What it was started with.</param>
/// <param name="Workspace">Absolute path of the workspace.</param>
/// <param name="Workflow">Name of the workflow of channels that name none.</param>
/// <param name="IsPassthrough">Whether that workflow forwards its input.</param>
/// <param name="Workflows">The workflows that can be named.</param>
/// <param name="MediaEndPoints">The UDP ports of media.</param>
/// <param name="IceTcpEndPoint">The TCP port of media; null: none.</param>
/// <param name="Announced">The addresses at which clients are told to find them.</param>
/// <param name="Codecs">The codec libraries in use; "" when there are none.</param>
/// <param name="CodecProblem">Why no workflow can run, and what to do; "" when they can.</param>
public sealed record ServeSummary(
    Uri BaseAddress,
    ServeOptions Options,
    string Workspace,
    string Workflow,
    bool IsPassthrough,
    IReadOnlyList<string> Workflows,
    IReadOnlyList<IPEndPoint> MediaEndPoints,
    IPEndPoint? IceTcpEndPoint,
    IReadOnlyList<string> Announced,
    string Codecs,
    string CodecProblem)
{
    /// <summary>What runs the models; "" where nothing was chosen.</summary>
    public string Inference => InferenceRuntime.Description;

    /// <summary>Whether clients of other machines can reach HTTP.</summary>
    public bool IsReachableFromOutside => !Options.IsLocal;

    /// <summary>The addresses to open in a browser, best first.</summary>
    public IReadOnlyList<Uri> Addresses =>
        IPAddress.TryParse(Options.Host, out IPAddress? address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            ? [BaseAddress, .. Interfaces.Addresses()
                .Where(candidate => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 || candidate.AddressFamily == address.AddressFamily)
                .Select(candidate => new UriBuilder(BaseAddress) { Host = candidate.ToString() }.Uri)]
            : [BaseAddress];

    /// <summary>What may surprise the operator.</summary>
    public IReadOnlyList<string> Warnings
    {
        get
        {
            var warnings = new List<string>();
            if (CodecProblem.Length > 0)
                warnings.Add($"Workflows cannot run, streams are only forwarded: {CodecProblem}");
            if (IsReachableFromOutside && !Options.Auth.IsOn)
                warnings.Add("Whoever reaches this address may publish, watch and end sessions. To ask for tokens: ./comfystream token new --rights publish,view");
            if (IsReachableFromOutside && !Options.IsHttps && Options.PublicUrl?.Scheme != Uri.UriSchemeHttps)
                warnings.Add("Browsers on other devices give no camera to a page without HTTPS: add --tls-self-signed or --tls-certificate.");
            return warnings;
        }
    }
}
