using ComfyStream.Media;

namespace ComfyStream.Benchmarks.Joining;

/// <summary>
/// Finds where the pictures that a viewer gets begin to follow each other without a gap, from a key frame on: by their numbers in the
/// coded stream, so that a picture that a workflow left out is no gap. Owned by the viewer's event loop until <see cref="Completed"/>.
/// </summary>
/// <param name="interval">Between two pictures of the camera.</param>
/// <param name="length">How long the run must be.</param>
internal sealed class GaplessRun(TimeSpan interval, TimeSpan length)
{
    // Pictures of the past that a viewer gets when it joins lie 1 ms apart.
    private static readonly TimeSpan _leastLiveStep = TimeSpan.FromMilliseconds(5);

    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PictureNumbers _numbers = new();
    private TimeSpan _lastTime;
    private TimeSpan _lastArrival;
    private bool _isRunning;
    private bool _isLive;

    /// <summary>Completes when the run is long enough.</summary>
    public Task Completed => _completed.Task;

    /// <summary>When the last packet of the run's first picture came.</summary>
    public TimeSpan Began { get; private set; }

    /// <summary>When the last packet of the newest picture of the past came: from there on pictures are on time.</summary>
    public TimeSpan CaughtUp { get; private set; }

    /// <summary>Gaps, after each of which the run began anew.</summary>
    public int Gaps { get; private set; }

    /// <summary>Places where pictures of the camera are missing that were never coded: a newer one replaced them before.</summary>
    public int Skips { get; private set; }

    public void Add(EncodedFrame picture)
    {
        TimeSpan step = picture.MediaTime - _lastTime;
        if (!_numbers.Follows(picture) && _isRunning)
        {
            Gaps++;
            _isRunning = false;
        }

        if (_isRunning && step > 1.5 * interval)
            Skips++;

        if (!_isRunning && picture.IsKeyFrame)
            (_isRunning, _isLive, Began) = (true, false, picture.LastArrival);
        else if (_isRunning && !_isLive && step >= _leastLiveStep)
            (_isLive, CaughtUp) = (true, step > 1.5 * interval ? picture.LastArrival : _lastArrival);
        (_lastTime, _lastArrival) = (picture.MediaTime, picture.LastArrival);
        if (_isLive && _lastArrival - Began >= length)
            _completed.TrySetResult();
    }
}
