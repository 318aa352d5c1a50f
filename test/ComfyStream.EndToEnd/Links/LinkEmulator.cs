using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Runtime.InteropServices;

namespace ComfyStream.EndToEnd.Links;

/// <summary>
/// A network with a bad link to it: a namespace that is reached only through two TUN devices, between which a thread carries the
/// packets as two <see cref="LinkModel"/> decide. Disposing takes all of it away.
/// </summary>
internal sealed partial class LinkEmulator : IAsyncDisposable
{
    // A second of 100 Mbit/s.
    private const int MostUnderWay = 8192;
    private const short Readable = 1;
    private static readonly TimeSpan _longestWait = TimeSpan.FromMilliseconds(50);
    private static int _made;

    private readonly Lock _lock = new();
    private readonly Thread _thread;
    private readonly Direction _toInside;
    private readonly Direction _toOutside;
    private volatile bool _isEnding;
    private Exception? _fault;

    private LinkEmulator(NetworkNamespace inside, Addresses addresses, TunDevice outer, TunDevice inner, LinkConditions toInside, LinkConditions toOutside, int seed)
    {
        (Inside, OuterAddress, InnerAddress) = (inside, addresses.Outer, addresses.Inner);
        _toInside = new Direction(outer, inner, new LinkModel(toInside, seed));
        _toOutside = new Direction(inner, outer, new LinkModel(toOutside, seed + 1));
        _thread = new Thread(Carry) { Name = "link", IsBackground = true };
        _thread.Start();
    }

    /// <summary>The network behind the link.</summary>
    public NetworkNamespace Inside { get; }

    /// <summary>Where this machine is reached from inside.</summary>
    public IPAddress OuterAddress { get; }

    /// <summary>Where the inside is reached from this machine.</summary>
    public IPAddress InnerAddress { get; }

    /// <summary>Packets towards the inside.</summary>
    public LinkCounters ToInside => Read(_toInside);

    /// <summary>Packets towards this machine.</summary>
    public LinkCounters ToOutside => Read(_toOutside);

    private static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    /// <summary>Makes a link, or says why this machine cannot have one.</summary>
    /// <param name="seed">Of all that is left to chance.</param>
    /// <param name="problem">Empty when there is a link.</param>
    public static LinkEmulator? TryCreate(LinkConditions toInside, LinkConditions toOutside, int seed, out string problem)
    {
        NetworkNamespace? inside = null;
        TunDevice? outer = null, inner = null;
        try
        {
            string name = $"cs{Environment.ProcessId}-{Interlocked.Increment(ref _made)}";
            outer = TunDevice.Open(name + "o");
            inner = TunDevice.Open(name + "i");
            inside = NetworkNamespace.Create();
            Addresses addresses = Addresses.Choose();
            Connect(inside, outer.Name, inner.Name, addresses);
            problem = "";
            return new LinkEmulator(inside, addresses, outer, inner, toInside, toOutside, seed);
        }
        catch (Exception failure) when (failure is Win32Exception or InvalidOperationException)
        {
            outer?.Dispose();
            inner?.Dispose();
            inside?.Dispose();
            problem = $"A link emulator needs {TunDevice.Path}, network namespaces and the right to use them (root): {failure.Message}";
            return null;
        }
    }

    /// <summary>Drops everything both ways for a while, from now on, and says when it will be over.</summary>
    public DateTimeOffset BeginOutage(TimeSpan length)
    {
        lock (_lock)
        {
            TimeSpan until = Now + length;
            _toInside.Model.BeginOutage(until);
            _toOutside.Model.BeginOutage(until);
            return DateTimeOffset.UtcNow + length;
        }
    }

    public ValueTask DisposeAsync()
    {
        _isEnding = true;
        _thread.Join();
        _toInside.From.Dispose();
        _toOutside.From.Dispose();
        Inside.Dispose();
        return _fault is null ? default : throw new InvalidOperationException("The link broke down.", _fault);
    }

    private static void Connect(NetworkNamespace inside, string outer, string inner, Addresses addresses)
    {
        NetworkNamespace.Execute("ip", "link", "set", inner, "netns", $"{inside.ProcessId}");
        NetworkNamespace.Execute("ip", "link", "set", outer, "addrgenmode", "none", "mtu", $"{TunDevice.MostBytes}", "up");
        NetworkNamespace.Execute("ip", "address", "add", $"{addresses.Outer}", "peer", $"{addresses.Inner}", "dev", outer);
        inside.Run("ip", "link", "set", inner, "addrgenmode", "none", "mtu", $"{TunDevice.MostBytes}", "up");
        inside.Run("ip", "address", "add", $"{addresses.Inner}", "peer", $"{addresses.Outer}", "dev", inner);
        // A browser that may not list the interfaces offers the one of the default route.
        inside.Run("ip", "route", "add", "default", "dev", inner);
    }

    private LinkCounters Read(Direction direction)
    {
        lock (_lock)
        {
            LinkCounters counters = direction.Model.Counters;
            return counters with { Overflowed = counters.Overflowed + direction.Overflowed };
        }
    }

    private void Carry()
    {
        Span<PollItem> items = [new() { Descriptor = _toInside.From.Descriptor, Events = Readable }, new() { Descriptor = _toOutside.From.Descriptor, Events = Readable }];
        try
        {
            while (!_isEnding)
            {
                Wait(items);
                lock (_lock)
                {
                    _toInside.Carry();
                    _toOutside.Carry();
                }
            }
        }
#pragma warning disable CA1031 // Reported at the end: a thread's exception would end the test run.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            _fault = fault;
        }
    }

    private void Wait(Span<PollItem> items)
    {
        TimeSpan wait = _longestWait;
        foreach (Direction direction in (ReadOnlySpan<Direction>)[_toInside, _toOutside])
        {
            if (direction.UnderWay.NextArrival is { } next && next - Now < wait)
                wait = next - Now;
        }

        var timeout = new TimeSpec { Nanoseconds = Math.Max(0, wait.Ticks) * TimeSpan.NanosecondsPerTick };
        _ = Poll(ref MemoryMarshal.GetReference(items), (nuint)items.Length, in timeout, 0);
    }

    [LibraryImport("libc", EntryPoint = "ppoll")]
    private static partial int Poll(ref PollItem items, nuint count, in TimeSpec timeout, nint signalMask);

    /// <summary>Addresses of the two ends.</summary>
    private sealed record Addresses(IPAddress Outer, IPAddress Inner)
    {
        private const int Pairs = 1 << 14;

        // Links of one run, so that runs at the same time do not look for a pair at the same place.
        private const int PairsOfRun = 8;

        /// <summary>A pair of 10.66.0.0/16 that no interface has.</summary>
        public static Addresses Choose()
        {
            var taken = NetworkInterface.GetAllNetworkInterfaces()
                .SelectMany(device => device.GetIPProperties().UnicastAddresses)
                .Select(address => address.Address)
                .ToHashSet();
            return Enumerable.Range(Environment.ProcessId % Pairs * PairsOfRun, Pairs)
                .Select(number => number % Pairs * 4)
                .Select(at => new Addresses(At(at + 1), At(at + 2)))
                .FirstOrDefault(pair => !taken.Contains(pair.Outer) && !taken.Contains(pair.Inner))
                ?? throw new InvalidOperationException("all addresses of 10.66.0.0/16 are taken");
        }

        private static IPAddress At(int number) => new([10, 66, (byte)(number >> 8), (byte)number]);
    }

    /// <summary>One way through the link.</summary>
    private sealed class Direction(TunDevice from, TunDevice to, LinkModel model)
    {
        private readonly byte[] _packet = new byte[TunDevice.MostBytes];

        public TunDevice From => from;

        public LinkModel Model => model;

        public PacketsUnderWay UnderWay { get; } = new(MostUnderWay);

        public long Overflowed { get; private set; }

        /// <summary>Takes what is sent and delivers what has arrived.</summary>
        public void Carry()
        {
            while (from.TryRead(_packet, out int byteCount))
            {
                LinkDecision decision = model.Send(Now, byteCount);
                Add(decision.Arrival, byteCount);
                Add(decision.Duplicate, byteCount);
            }

            while (UnderWay.TryTake(Now, _packet, out int byteCount))
                to.TryWrite(_packet.AsSpan(0, byteCount));
        }

        private void Add(TimeSpan? arrival, int byteCount)
        {
            if (arrival is { } at && !UnderWay.TryAdd(at, _packet.AsSpan(0, byteCount)))
                Overflowed++;
        }
    }

    private struct PollItem
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
