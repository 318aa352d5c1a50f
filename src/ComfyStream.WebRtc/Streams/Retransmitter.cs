using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Streams;

/// <summary>
/// What one sent stream keeps in order to send it again: the last frames, what was asked for of them, and the sequence numbers of
/// RTX packets. A peer that lacks something that is forgotten, as after an outage, is helped by nothing before the next key frame:
/// no packet of that time is sent again. Owned by the event loop's thread.
/// </summary>
/// <param name="capacity">Most frames kept, a power of two.</param>
/// <param name="initialRtxSequence">Random; its highest bit is ignored, as that of the stream's own first one.</param>
internal sealed class Retransmitter(int capacity, ushort initialRtxSequence)
{
    private readonly RetransmissionBuffer _sent = new(capacity);
    private readonly RetransmissionQueue _queue = new();

    // Requests for what is before are of no use; above all indices while the key frame that it waits for is still to be sent.
    private ulong _usefulFrom;
    private ulong _lastEntry;
    private bool _isKeyFrameNeeded;

    /// <summary>
    /// Packet index of the next RTX packet. Each is another text, even when it carries the same packet again, so no index is used
    /// twice (RFC 3711 9.1).
    /// </summary>
    public ulong NextRtxIndex { get; private set; } = initialRtxSequence & 0x7FFFu;

    /// <summary>Whether nothing waits to be sent again.</summary>
    public bool IsEmpty => _queue.Count == 0;

    /// <summary>Packets sent again.</summary>
    public long PacketsSent { get; private set; }

    /// <summary>Payload bytes sent again.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Packets asked for that were too old or of no use, asked for twice, or above the allowance.</summary>
    public long Refused { get; private set; }

    /// <summary>Keeps a frame that begins to be sent.</summary>
    public void Add(in SentFrame frame)
    {
        _sent.Add(frame);
        if (!frame.IsEntry)
            return;
        _lastEntry = frame.FirstPacketIndex;
        if (_usefulFrom > _lastEntry)
            _usefulFrom = _lastEntry;
    }

    /// <summary>Whether, since the last call, the peer asked for something forgotten that no key frame has followed: it needs one.</summary>
    public bool TryTakeKeyFrameNeed()
    {
        bool isNeeded = _isKeyFrameNeeded;
        _isKeyFrameNeeded = false;
        return isNeeded;
    }

    /// <summary>Earns allowance for a packet that was sent for the first time.</summary>
    public void NotePacketSent(int byteCount) => _queue.NotePacketSent(byteCount);

    /// <summary>Queues what one entry of a generic NACK asks for, as far as it is known and allowed.</summary>
    public void Handle(TimeSpan now, NackItem item, ulong nextPacketIndex, int headerBytes, TimeSpan? roundTripTime)
    {
        Request(item.PacketId);
        for (int i = 0; i < 16; i++)
        {
            if ((item.LostBitmask >> i & 1) != 0)
                Request((ushort)(item.PacketId + i + 1));
        }

        void Request(ushort sequenceNumber)
        {
            long packetIndex = SequenceNumber.Extend(sequenceNumber, (long)nextPacketIndex);
            bool isSent = packetIndex >= 0 && (ulong)packetIndex < nextPacketIndex;
            if (!isSent
                || !IsUseful((ulong)packetIndex)
                || !_sent.TryFind((ulong)packetIndex, out SentFrame frame, out int packet)
                || !_queue.TryEnqueue(now, (ulong)packetIndex, headerBytes + frame.Frame.GetPayload(packet).Length, roundTripTime))
            {
                Refused++;
            }
        }
    }

    private bool IsUseful(ulong packetIndex)
    {
        if (packetIndex < _usefulFrom)
            return false;
        if (!_sent.IsForgotten(packetIndex))
            return true;

        if (_sent.TryFindEntry(out ulong entry))
            _usefulFrom = entry;
        else if (packetIndex >= _lastEntry)
            (_usefulFrom, _isKeyFrameNeeded) = (ulong.MaxValue, true);
        return false;
    }

    /// <summary>The packet whose turn it is: a frame and its number in it. It stays until <see cref="Dequeue"/>.</summary>
    public bool TryPeek(out SentFrame frame, out int packet)
    {
        while (_queue.TryPeek(out ulong packetIndex))
        {
            if (_sent.TryFind(packetIndex, out frame, out packet))
                return true;
            Refused++;
            _queue.Dequeue();
        }

        frame = default;
        packet = 0;
        return false;
    }

    /// <summary>Takes the packet: it was sent, as an RTX packet or as it was.</summary>
    public void Dequeue(int payloadBytes, bool asRtx)
    {
        _queue.Dequeue();
        PacketsSent++;
        BytesSent += payloadBytes;
        if (asRtx)
            NextRtxIndex++;
    }

    /// <summary>Releases frames that are too old.</summary>
    public void Trim(TimeSpan now) => _sent.Trim(now);

    /// <summary>Releases everything.</summary>
    public void ReleaseAll()
    {
        _queue.Clear();
        _sent.ReleaseAll();
    }
}
