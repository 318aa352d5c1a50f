using System.Net;
using System.Net.Sockets;

namespace ComfyStream.Server.Limits;

/// <summary>
/// A token bucket for each key: an address, a token's holder. Bounded: when there are too many keys, those that are full again go, and
/// when that is not enough, whoever is new shares one bucket. Thread-safe by one lock.
/// </summary>
internal sealed class RateLimiter(RateOptions rate, TimeProvider clock)
{
    private const int MostKeys = 16384;
    private const string Overflow = "";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Bucket> _buckets = [];
    private long _sweptAt;

    /// <summary>Takes one; false when there is none, with the time after which there is.</summary>
    public bool TryTake(string key, out TimeSpan wait) => TryTake(key, 1, out wait);

    /// <summary>Whether one could be taken.</summary>
    public bool HasLeft(string key, out TimeSpan wait) => TryTake(key, 0, out wait);

    /// <summary>The key of an address: clients with IPv6 have a whole /64 (RFC 4291 2.5.4), so that is one of them.</summary>
    public static string KeyOf(IPAddress? address)
    {
        if (address is null)
            return Overflow;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address.ToString();
        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes).ToString();
    }

    private bool TryTake(string key, double cost, out TimeSpan wait)
    {
        long now = clock.GetTimestamp();
        lock (_gate)
        {
            if (!_buckets.ContainsKey(key) && _buckets.Count >= MostKeys)
                key = Sweep(now) ? key : Overflow;
            double level = _buckets.TryGetValue(key, out Bucket bucket) ? Filled(bucket, now) : rate.Burst;
            bool isAllowed = level >= 1;
            _buckets[key] = new Bucket(isAllowed ? level - cost : level, now);
            wait = isAllowed ? TimeSpan.Zero : TimeSpan.FromSeconds((1 - level) / rate.PerSecond);
            return isAllowed;
        }
    }

    private double Filled(Bucket bucket, long now) =>
        Math.Min(rate.Burst, bucket.Level + (clock.GetElapsedTime(bucket.At, now).TotalSeconds * rate.PerSecond));

    // Once a second, so that many new keys cannot make every one of them pay for a sweep.
    private bool Sweep(long now)
    {
        if (clock.GetElapsedTime(_sweptAt, now) < TimeSpan.FromSeconds(1))
            return false;
        _sweptAt = now;
        foreach ((string key, Bucket bucket) in _buckets)
        {
            if (Filled(bucket, now) >= rate.Burst)
                _buckets.Remove(key);
        }
        return _buckets.Count < MostKeys;
    }

    private readonly record struct Bucket(double Level, long At);
}
