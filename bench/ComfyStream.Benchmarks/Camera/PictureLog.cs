using ComfyStream.Media;

namespace ComfyStream.Benchmarks.Camera;

/// <summary>Media time and arrival of every picture that one viewer got. Written by the viewer's loop, read by any thread.</summary>
internal sealed class PictureLog
{
    private const int MostPictures = 1 << 16;

    // Pictures of the past that a viewer gets when it joins lie 1 ms apart.
    private static readonly TimeSpan _leastLiveStep = TimeSpan.FromMilliseconds(5);

    private readonly TimeSpan[] _mediaTimes = new TimeSpan[MostPictures];
    private readonly TimeSpan[] _arrivals = new TimeSpan[MostPictures];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public ReadOnlySpan<TimeSpan> MediaTimes => _mediaTimes.AsSpan(0, Count);

    /// <summary>When the last packet of each picture came.</summary>
    public ReadOnlySpan<TimeSpan> Arrivals => _arrivals.AsSpan(0, Count);

    /// <summary>The first picture that is on time: those before it are of the past, given so that it can be decoded.</summary>
    public int FirstLive
    {
        get
        {
            ReadOnlySpan<TimeSpan> times = MediaTimes;
            int first = 0;
            while (first + 1 < times.Length && times[first + 1] - times[first] < _leastLiveStep)
                first++;
            return first;
        }
    }

    public void Add(EncodedFrame picture)
    {
        if (_count == MostPictures)
            return;
        _mediaTimes[_count] = picture.MediaTime;
        _arrivals[_count] = picture.LastArrival;
        Volatile.Write(ref _count, _count + 1);
    }
}
