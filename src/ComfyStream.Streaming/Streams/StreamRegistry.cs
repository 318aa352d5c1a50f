using ComfyStream.Media;

namespace ComfyStream.Streaming.Streams;

/// <summary>The channels in use: one is made by its first user and goes with its last.</summary>
internal sealed class StreamRegistry(StreamFactory factory, int mostStreams)
{
    private readonly Dictionary<string, RelayStream> _streams = [];
    private readonly Lock _gate = new();
    private volatile RelayStream[] _all = [];

    /// <summary>The channels in use, by name: an array that is never changed, so that reading it often costs nothing.</summary>
    public RelayStream[] All => _all;

    /// <summary>Finds or makes a channel and counts one more user of it; null when there are too many.</summary>
    public RelayStream? Acquire(string channel, IWorkflow defaultWorkflow)
    {
        lock (_gate)
        {
            if (!_streams.TryGetValue(channel, out RelayStream? stream))
            {
                if (_streams.Count >= mostStreams)
                    return null;
                stream = factory.Create(channel, defaultWorkflow);
                _streams.Add(channel, stream);
                NoteChange();
            }

            stream.Uses++;
            return stream;
        }
    }

    /// <summary>Finds a channel in use and counts one more user of it.</summary>
    public RelayStream? Find(string channel)
    {
        lock (_gate)
        {
            if (_streams.TryGetValue(channel, out RelayStream? stream))
                stream.Uses++;
            return stream;
        }
    }

    /// <summary>Counts one more user of a channel in use.</summary>
    public void Retain(RelayStream stream)
    {
        lock (_gate)
            stream.Uses++;
    }

    /// <summary>Counts one user less; the last one ends the channel.</summary>
    public void Release(RelayStream stream)
    {
        lock (_gate)
        {
            if (--stream.Uses > 0)
                return;
            _streams.Remove(stream.Channel);
            NoteChange();
        }

        stream.Dispose();
    }

    private void NoteChange() => _all = [.. _streams.Values.OrderBy(stream => stream.Channel, StringComparer.Ordinal)];
}
