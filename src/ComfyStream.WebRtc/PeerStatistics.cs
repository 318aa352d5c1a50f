namespace ComfyStream.WebRtc;

/// <summary>Counts of a <see cref="PeerConnection"/> since it began, taken by <see cref="PeerConnection.GetStatistics"/>: a copy.</summary>
public readonly record struct PeerStatistics
{
    /// <summary>The path that is in use, null before one is.</summary>
    public TransportPath? SelectedPath { get; init; }

    /// <summary>Round trip by the peer's last report on what we send; null before one, and for peers that send to us only.</summary>
    public TimeSpan? RoundTripTime { get; init; }

    /// <summary>Media packets that could not be decrypted, or that belong to no section.</summary>
    public long PacketsRefused { get; init; }

    /// <summary>Counts of the sound.</summary>
    public MediaStatistics Audio { get; init; }

    /// <summary>Counts of the picture.</summary>
    public MediaStatistics Video { get; init; }
}

/// <summary>Counts of one section. A section that only sends, or only receives, leaves the other half 0.</summary>
public readonly record struct MediaStatistics
{
    /// <summary>Packets sent, without retransmissions.</summary>
    public long PacketsSent { get; init; }

    /// <summary>Payload bytes sent, without retransmissions.</summary>
    public long BytesSent { get; init; }

    /// <summary>Frames sent whole.</summary>
    public long FramesSent { get; init; }

    /// <summary>Frames refused because the queue was full, or the peer does not take their codec.</summary>
    public long FramesDropped { get; init; }

    /// <summary>Packets sent again.</summary>
    public long PacketsRetransmitted { get; init; }

    /// <summary>Payload bytes sent again.</summary>
    public long BytesRetransmitted { get; init; }

    /// <summary>Packets asked for again that were too old, asked for twice, or above the allowance.</summary>
    public long RetransmissionsRefused { get; init; }

    /// <summary>Packets that the peer reports as lost; negative when duplicates came.</summary>
    public int RemotePacketsLost { get; init; }

    /// <summary>Share that the peer lost between its last two reports, 0 to 1.</summary>
    public double RemoteFractionLost { get; init; }

    /// <summary>Interarrival jitter that the peer reports.</summary>
    public TimeSpan RemoteJitter { get; init; }

    /// <summary>Generic NACK messages from the peer.</summary>
    public long NacksReceived { get; init; }

    /// <summary>Picture loss indications from the peer.</summary>
    public long PictureLossesReceived { get; init; }

    /// <summary>Full intra requests from the peer, without repetitions.</summary>
    public long FullIntraRequestsReceived { get; init; }

    /// <summary>Packets received, duplicates included, without retransmissions on another SSRC.</summary>
    public long PacketsReceived { get; init; }

    /// <summary>Payload bytes received, likewise.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Packets lost on the way, whether or not they were sent again on another SSRC; negative when duplicates came.</summary>
    public long PacketsLost { get; init; }

    /// <summary>Interarrival jitter.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Retransmissions received on another SSRC (RFC 4588).</summary>
    public long RetransmissionsReceived { get; init; }

    /// <summary>Frames received whole.</summary>
    public long FramesReceived { get; init; }

    /// <summary>Whole frames withheld because they need a key frame first.</summary>
    public long FramesDiscarded { get; init; }

    /// <summary>Times that a frame, or more at once, was lost or broken.</summary>
    public long Losses { get; init; }

    /// <summary>Generic NACK messages sent.</summary>
    public long NacksSent { get; init; }

    /// <summary>Key frame requests sent (PLI or FIR).</summary>
    public long KeyFrameRequestsSent { get; init; }
}
