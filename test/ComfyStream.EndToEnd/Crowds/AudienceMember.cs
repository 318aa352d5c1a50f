using ComfyStream.Client;
using ComfyStream.EndToEnd.Films;
using ComfyStream.Media;

namespace ComfyStream.EndToEnd.Crowds;

/// <summary>A viewer that takes part in full (ICE, DTLS, decryption, retransmission), but decodes nothing: it looks at what follows what.</summary>
internal sealed class AudienceMember
{
    private readonly WhepSubscriber _subscriber;
    private readonly TaskCompletionSource _firstPicture = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Track _picture = new(TimeSpan.FromSeconds(1.0 / Film.Rate));
    private Track _sound = new(FilmPublisher.SoundInterval);

    public AudienceMember(ClientOptions options, EncodedFramePool pool) => _subscriber = new WhepSubscriber(options, Take, pool);

    /// <summary>What has come so far (any thread).</summary>
    public Attendance Attendance => new(
        Volatile.Read(ref _picture.Frames), Volatile.Read(ref _picture.Missing), Volatile.Read(ref _sound.Frames), Volatile.Read(ref _sound.Missing), _subscriber.PicturesLost);

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
            _sound.Follow(frame.MediaTime);
            return;
        }

        _picture.Follow(frame.MediaTime);
        _firstPicture.TrySetResult();
    }

    // Owned by the member's event loop; read by any thread.
    private struct Track(TimeSpan interval)
    {
        public long Frames;
        public long Missing;
        private TimeSpan _last;

        public void Follow(TimeSpan mediaTime)
        {
            // What a viewer is given of the past lies closer together.
            if (Frames > 0)
                Volatile.Write(ref Missing, Missing + Math.Max(0, (long)Math.Round((mediaTime - _last) / interval) - 1));
            _last = mediaTime;
            Volatile.Write(ref Frames, Frames + 1);
        }
    }
}

/// <summary>Frames that came, frames that are missing between them by their times, and pictures that the client gave up.</summary>
internal readonly record struct Attendance(long Pictures, long PicturesMissing, long Sounds, long SoundsMissing, long PicturesLost)
{
    public static Attendance operator +(Attendance one, Attendance other) => new(
        one.Pictures + other.Pictures, one.PicturesMissing + other.PicturesMissing, one.Sounds + other.Sounds, one.SoundsMissing + other.SoundsMissing, one.PicturesLost + other.PicturesLost);

    public static Attendance operator -(Attendance later, Attendance earlier) => new(
        later.Pictures - earlier.Pictures, later.PicturesMissing - earlier.PicturesMissing, later.Sounds - earlier.Sounds, later.SoundsMissing - earlier.SoundsMissing, later.PicturesLost - earlier.PicturesLost);
}
