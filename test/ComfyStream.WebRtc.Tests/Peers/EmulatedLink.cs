namespace ComfyStream.WebRtc.Tests.Peers;

/// <summary>What a link does to datagrams.</summary>
/// <param name="Delay">Time that every datagram takes.</param>
/// <param name="Jitter">Extra time, evenly spread: more than the spacing of datagrams reorders them.</param>
/// <param name="Loss">Share lost, 0 to 1.</param>
/// <param name="Duplication">Share delivered twice, 0 to 1.</param>
internal sealed record LinkConditions(TimeSpan Delay, TimeSpan Jitter = default, double Loss = 0, double Duplication = 0);

/// <summary>One direction of an emulated network in virtual time; seeded, so that a failing run can be repeated.</summary>
internal sealed class EmulatedLink(int seed)
{
    private readonly Random _random = new(seed);
    private readonly PriorityQueue<Datagram, (TimeSpan At, long Order)> _inFlight = new();
    private long _order;

    public LinkConditions Conditions { get; set; } = new(TimeSpan.FromMilliseconds(5));

    /// <summary>Decides per datagram, besides the random loss, whether it is lost.</summary>
    public Func<byte[], bool>? Drops { get; set; }

    public long Sent { get; private set; }

    public long Lost { get; private set; }

    public TimeSpan NextDelivery => _inFlight.TryPeek(out _, out var when) ? when.At : TimeSpan.MaxValue;

    public void Send(TimeSpan now, TransportPath pathAtReceiver, ReadOnlySpan<byte> bytes)
    {
        Sent++;
        byte[] copy = bytes.ToArray();
        if (_random.NextDouble() < Conditions.Loss || Drops?.Invoke(copy) == true)
        {
            Lost++;
            return;
        }

        int copies = _random.NextDouble() < Conditions.Duplication ? 2 : 1;
        for (int i = 0; i < copies; i++)
        {
            TimeSpan at = now + Conditions.Delay + Conditions.Jitter * _random.NextDouble();
            _inFlight.Enqueue(new Datagram(pathAtReceiver, [.. copy]), (at, _order++));
        }
    }

    public bool TryReceive(TimeSpan now, out Datagram datagram)
    {
        if (_inFlight.TryPeek(out datagram, out var when) && when.At <= now)
        {
            _inFlight.Dequeue();
            return true;
        }

        datagram = default;
        return false;
    }

    internal readonly record struct Datagram(TransportPath Path, byte[] Bytes);
}
