using ComfyStream.Benchmarks.Pipeline;

namespace ComfyStream.Benchmarks.FanOut;

/// <summary>What viewers who join cost. CPU and packets are NaN where they are not known.</summary>
/// <param name="Count">Viewers that joined.</param>
/// <param name="Failed">And those that could not.</param>
/// <param name="FirstPacket">From the POST to the first RTP packet.</param>
/// <param name="Picture">From the POST to the first picture of a run without a gap, of those that were watched.</param>
/// <param name="WithoutPicture">Those that were watched and to whom no such run came.</param>
/// <param name="CpuMilliseconds">Of the server for each, without the stream itself from its first packet on, with what it is given of the past.</param>
/// <param name="PastPackets">Packets of the past that each was given.</param>
/// <param name="Pauses">Of the server meanwhile.</param>
internal sealed record JoinFigures(
    int Count, int Failed, Percentiles FirstPacket, Percentiles Picture, int WithoutPicture, double CpuMilliseconds, double PastPackets, Pauses? Pauses);

/// <summary>What viewers cost who join and leave again, for each.</summary>
/// <param name="Count">How many there were.</param>
/// <param name="CpuMilliseconds">Of the server, all that it does for one.</param>
/// <param name="Packets">That one was sent.</param>
/// <param name="LeavingMilliseconds">Of these, what leaving costs, measured apart.</param>
internal sealed record TurnoverFigures(int Count, double CpuMilliseconds, double Packets, double LeavingMilliseconds = double.NaN);

/// <summary>What so many viewers cost, and what they got. NaN or null where it is not known.</summary>
internal sealed record StepFigures
{
    public required int Viewers { get; init; }

    public required double PacketsPerSecond { get; init; }

    /// <summary>Pictures that came, of those that the camera sent to each.</summary>
    public required double Delivered { get; init; }

    /// <summary>Packets that are missing between those that came, of all.</summary>
    public required double Loss { get; init; }

    /// <summary>Of the server, for each delivered packet.</summary>
    public required double CpuMicroseconds { get; init; }

    public required double CpuPercent { get; init; }

    public required double GeneratorPercent { get; init; }

    /// <summary>The limit with receivers that coalesce (UDP_GRO), as the generator's do.</summary>
    public required LimitFigures? Limit { get; init; }

    /// <summary>The limit with receivers that do not.</summary>
    public required LimitFigures? PlainLimit { get; init; }

    /// <summary>From last packet in to last packet out.</summary>
    public required StageSample? Added { get; init; }

    /// <summary>From the camera's write to the viewer's last packet.</summary>
    public required Percentiles Latency { get; init; }

    /// <summary>Since the step before.</summary>
    public required double ResidentKiBPerViewer { get; init; }

    public required Pauses? Pauses { get; init; }

    /// <summary>Datagrams, coalesced ones counted as one, that the viewers' sockets had no room for.</summary>
    public required long Overruns { get; init; }

    /// <summary>Pictures that the generator itself could not send.</summary>
    public required long CameraDrops { get; init; }

    /// <summary>Of those who joined for this step; null when nobody did.</summary>
    public JoinFigures? Joins { get; init; }
}
