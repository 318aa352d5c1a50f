using ComfyStream.Client;
using ComfyStream.EndToEnd.Films;
using ComfyStream.Media;

namespace ComfyStream.EndToEnd.Crowds;

/// <summary>
/// A viewer of a film that takes part in full (ICE, DTLS, decryption, retransmission), but decodes nothing: it knows the film's coded
/// pictures. Its counts may be read by any thread.
/// </summary>
internal sealed class AudienceMember
{
    private readonly Film _film;
    private readonly WhepSubscriber _subscriber;
    private readonly TaskCompletionSource _firstPicture = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int? _last;
    private long _pictures;
    private long _missing;
    private long _foreign;
    private long _sounds;

    public AudienceMember(Film film, ClientOptions options, EncodedFramePool pool)
    {
        _film = film;
        _subscriber = new WhepSubscriber(options, Take, pool);
    }

    /// <summary>What has come so far.</summary>
    public Attendance Attendance => new(Volatile.Read(ref _pictures), Volatile.Read(ref _missing), Volatile.Read(ref _foreign), Volatile.Read(ref _sounds));

    /// <summary>Joins, and returns with its first picture.</summary>
    public async Task JoinAsync(CancellationToken cancellation)
    {
        await _subscriber.ConnectAsync(cancellation);
        await _firstPicture.Task.WaitAsync(Eventually.Limit, cancellation);
    }

    public ValueTask LeaveAsync() => _subscriber.DisposeAsync();

    private void Take(EncodedFrame frame)
    {
        if (frame.Codec == MediaCodec.Opus)
        {
            Volatile.Write(ref _sounds, _sounds + 1);
            return;
        }

        int? number = _film.NumberOf(frame.Data);
        if (number is null)
            Volatile.Write(ref _foreign, _foreign + 1);
        else if (_last is { } last)
            Volatile.Write(ref _missing, _missing + (number.Value - last - 1 + Film.Length) % Film.Length);
        _last = number;
        Volatile.Write(ref _pictures, _pictures + 1);
        _firstPicture.TrySetResult();
    }
}

/// <summary>What viewers have got.</summary>
/// <param name="Pictures">All.</param>
/// <param name="Missing">Pictures of the film between those that came.</param>
/// <param name="Foreign">Pictures that are not the film's: damaged, or a slate.</param>
/// <param name="Sounds">Packets of sound.</param>
internal readonly record struct Attendance(long Pictures, long Missing, long Foreign, long Sounds)
{
    public static Attendance operator +(Attendance one, Attendance other) =>
        new(one.Pictures + other.Pictures, one.Missing + other.Missing, one.Foreign + other.Foreign, one.Sounds + other.Sounds);

    public static Attendance operator -(Attendance later, Attendance earlier) =>
        new(later.Pictures - earlier.Pictures, later.Missing - earlier.Missing, later.Foreign - earlier.Foreign, later.Sounds - earlier.Sounds);
}
