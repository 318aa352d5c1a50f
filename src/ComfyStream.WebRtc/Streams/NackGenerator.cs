using ComfyStream.WebRtc.Rtcp;

namespace ComfyStream.WebRtc.Streams;

/// <summary>
/// Knows which packets are missing and when to ask for them (RFC 4585 6.2.1): a little after the gap was seen, since packets may
/// only be out of order, then again and again up to limits of number and age. Owned by the event loop's thread.
/// </summary>
internal sealed class NackGenerator
{
    /// <summary>With more missing than this a key frame is cheaper.</summary>
    public const int MaxMissing = 250;

    /// <summary>Newer packets after which a gap is taken for loss at once.</summary>
    public const int ReorderedPackets = 3;

    /// <summary>Requests for one packet.</summary>
    public const int MaxTries = 10;

    /// <summary>Time for which a gap may be reordering.</summary>
    public static readonly TimeSpan ReorderTime = TimeSpan.FromMilliseconds(15);

    /// <summary>Between two requests for one packet: stands for the round trip, which a receiver does not know.</summary>
    public static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(40);

    /// <summary>Age at which a packet is no longer asked for.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMilliseconds(700);

    // In ascending order of sequence number.
    private readonly Missing[] _missing = new Missing[MaxMissing];
    private int _count;
    private long _highest;
    private long _advances;
    private bool _hasHighest;

    /// <summary>Packets awaited.</summary>
    public int MissingCount => _count;

    /// <summary>When <see cref="TakeDue"/> has something; <see cref="TimeSpan.MaxValue"/> when nothing is missing.</summary>
    public TimeSpan NextDeadline
    {
        get
        {
            TimeSpan earliest = TimeSpan.MaxValue;
            for (int i = 0; i < _count; i++)
            {
                TimeSpan due = DueTime(_missing[i]);
                if (due < earliest)
                    earliest = due;
            }

            return earliest;
        }
    }

    /// <summary>Notes an arrival. False if too much is missing now: all of it is forgotten.</summary>
    public bool HandlePacket(TimeSpan now, long sequence)
    {
        if (_hasHighest && sequence <= _highest)
        {
            Remove(sequence);
            return true;
        }

        long first = _hasHighest ? _highest + 1 : sequence;
        _hasHighest = true;
        _highest = sequence;
        if (_count + (sequence - first) > MaxMissing)
        {
            _count = 0;
            return false;
        }

        for (long i = first; i < sequence; i++)
            _missing[_count++] = new Missing { Sequence = i, Since = now, NextRequest = now + ReorderTime, AdvancesBefore = _advances };
        _advances++;
        return true;
    }

    /// <summary>Forgets what is before <paramref name="sequence"/>: nobody waits for it any more.</summary>
    public void DropBefore(long sequence)
    {
        int dropped = 0;
        while (dropped < _count && _missing[dropped].Sequence < sequence)
            dropped++;
        if (dropped == 0)
            return;

        _count -= dropped;
        _missing.AsSpan(dropped, _count).CopyTo(_missing);
    }

    /// <summary>Fills <paramref name="items"/> with what is to be asked for now and returns how many were filled; what finds no room stays due.</summary>
    public int TakeDue(TimeSpan now, Span<NackItem> items)
    {
        DropHopeless(now);
        int filled = 0;
        long firstOfItem = 0;
        for (int i = 0; i < _count; i++)
        {
            ref Missing missing = ref _missing[i];
            if (DueTime(missing) > now)
                continue;

            long distance = missing.Sequence - firstOfItem;
            if (filled > 0 && distance <= 16)
            {
                ref NackItem item = ref items[filled - 1];
                item = item with { LostBitmask = (ushort)(item.LostBitmask | 1 << (int)(distance - 1)) };
            }
            else if (filled < items.Length)
            {
                firstOfItem = missing.Sequence;
                items[filled++] = new NackItem((ushort)missing.Sequence, 0);
            }
            else
            {
                break;
            }

            missing.Tries++;
            missing.NextRequest = now + RetryInterval;
        }

        return filled;
    }

    private TimeSpan DueTime(in Missing missing) =>
        missing.Tries == 0 && _advances - missing.AdvancesBefore >= ReorderedPackets ? missing.Since : missing.NextRequest;

    private void DropHopeless(TimeSpan now)
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            if (_missing[i].Tries < MaxTries && now - _missing[i].Since <= MaxAge)
                _missing[kept++] = _missing[i];
        }

        _count = kept;
    }

    private void Remove(long sequence)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_missing[i].Sequence != sequence)
                continue;

            _count--;
            _missing.AsSpan(i + 1, _count - i).CopyTo(_missing.AsSpan(i));
            return;
        }
    }

    private struct Missing
    {
        public long Sequence;
        public TimeSpan Since;
        public TimeSpan NextRequest;
        public long AdvancesBefore;
        public int Tries;
    }
}
