using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using ComfyStream.Streaming.Diagnostics;
using ComfyStream.WebRtc.Ice;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Streaming.Addresses;

/// <summary>
/// The candidates that answers announce, kept true: the interfaces are looked at when the system says that they changed, host names
/// once a minute. No request waits for that: each takes what is known (any thread).
/// </summary>
internal sealed class AnnouncedCandidates : IDisposable
{
    private static readonly TimeSpan _interval = TimeSpan.FromMinutes(1);

    // A change comes as several: an address goes, another comes, then the routes.
    private static readonly TimeSpan _settling = TimeSpan.FromSeconds(1);

    private readonly AddressChoice _choice;
    private readonly MediaPortNumbers _ports;
    private readonly Func<string, IReadOnlyList<IPAddress>> _resolve;
    private readonly Func<IReadOnlyList<LocalInterface>> _interfaces;
    private readonly ILogger _logger;
    private readonly Lock _refreshing = new();
    private readonly Dictionary<string, IReadOnlyList<IPAddress>> _names;
    private readonly HashSet<string> _failing = [];
    private readonly Timer? _timer;
    private readonly bool _followsInterfaces;
    private volatile Snapshot _current;

    /// <summary>Finds the addresses.</summary>
    /// <param name="choice">Which ones.</param>
    /// <param name="names">The addresses of its host names, as <see cref="Resolve"/> found them at start.</param>
    /// <param name="ports">The ports that are open.</param>
    /// <param name="options">Where names and interfaces are looked up.</param>
    /// <param name="logger">Told of changes.</param>
    /// <exception cref="AddressException">There is none.</exception>
    public AnnouncedCandidates(AddressChoice choice, IReadOnlyDictionary<string, IReadOnlyList<IPAddress>> names, MediaPortNumbers ports, RelayOptions options, ILogger logger)
    {
        (_choice, _ports, _resolve, _interfaces, _logger) = (choice, ports, options.Resolve, options.Interfaces, logger);
        _names = new Dictionary<string, IReadOnlyList<IPAddress>>(names, StringComparer.OrdinalIgnoreCase);
        _current = Make(Choose());
        _followsInterfaces = choice.NeedsInterfaces(ports.BoundTo);
        if (_names.Count > 0 || _followsInterfaces)
            _timer = new Timer(_ => Refresh(), null, _names.Count > 0 ? _interval : Timeout.InfiniteTimeSpan, _names.Count > 0 ? _interval : Timeout.InfiniteTimeSpan);
        if (_followsInterfaces)
            NetworkChange.NetworkAddressChanged += OnAddressesChanged;
    }

    /// <summary>What is announced, best first.</summary>
    public IReadOnlyList<AnnouncedAddress> Addresses => _current.Addresses;

    /// <summary>Told, on a thread of the pool, that other addresses are announced.</summary>
    public event Action? Changed;

    /// <summary>The candidates of an event loop.</summary>
    public IReadOnlyList<IceCandidate> Of(int loop) => _current.Candidates[loop];

    /// <summary>Looks the names up, at start.</summary>
    /// <exception cref="AddressException">One has no address.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<IPAddress>> Resolve(AddressChoice choice, Func<string, IReadOnlyList<IPAddress>> resolve)
    {
        var names = new Dictionary<string, IReadOnlyList<IPAddress>>(StringComparer.OrdinalIgnoreCase);
        foreach (string name in choice.Names)
        {
            try
            {
                names[name] = resolve(name);
            }
            catch (SocketException e)
            {
                throw new AddressException($"the address of {name} cannot be found: {e.Message}. Name the IP address, or see that the name is known (getent hosts {name}).");
            }
        }

        return names;
    }

    /// <summary>Looks at names and interfaces again.</summary>
    public void Refresh()
    {
        // A slow name server is not asked twice at a time.
        if (!_refreshing.TryEnter())
            return;
        bool isChanged;
        try
        {
            foreach (string name in _choice.Names)
                Refresh(name);
            IReadOnlyList<AnnouncedAddress> found = Choose();
            isChanged = !found.ToHashSet().SetEquals(_current.Addresses);
            if (isChanged)
            {
                _logger.AnnouncesOtherAddresses(string.Join(", ", found), string.Join(", ", _current.Addresses));
                _current = Make(found);
            }
        }
        catch (Exception failure) when (failure is AddressException or NetworkInformationException)
        {
            // What is announced stays: the network may come back.
            _logger.AddressesNotFound(failure.Message);
            return;
        }
        finally
        {
            _refreshing.Exit();
        }

        if (isChanged)
            Changed?.Invoke();
    }

    public void Dispose()
    {
        if (_followsInterfaces)
            NetworkChange.NetworkAddressChanged -= OnAddressesChanged;
        _timer?.Dispose();
    }

    private void OnAddressesChanged(object? sender, EventArgs e)
    {
        try
        {
            _timer!.Change(_settling, _names.Count > 0 ? _interval : Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // It came while the relay ended.
        }
    }

    private IReadOnlyList<AnnouncedAddress> Choose() => _choice.Choose(_ports.BoundTo, _interfaces(), name => _names[name]);

    private void Refresh(string name)
    {
        try
        {
            IReadOnlyList<IPAddress> found = _resolve(name);
            if (found.Count > 0)
                _names[name] = found;
            _failing.Remove(name);
        }
        catch (SocketException failure)
        {
            if (_failing.Add(name))
                _logger.NameNotFound(name, failure.Message);
        }
    }

    private Snapshot Make(IReadOnlyList<AnnouncedAddress> addresses) =>
        new(addresses, [.. Enumerable.Range(0, _ports.Udp.Count).Select(loop => LocalCandidates.Create(addresses, _ports, loop))]);

    private sealed record Snapshot(IReadOnlyList<AnnouncedAddress> Addresses, IReadOnlyList<IReadOnlyList<IceCandidate>> Candidates);
}

/// <summary>The media ports that are open.</summary>
/// <param name="BoundTo">The address that they are bound to.</param>
/// <param name="Udp">One an event loop.</param>
/// <param name="Tcp">That of ICE-TCP; null: none.</param>
internal sealed record MediaPortNumbers(IPAddress BoundTo, IReadOnlyList<int> Udp, int? Tcp = null);
