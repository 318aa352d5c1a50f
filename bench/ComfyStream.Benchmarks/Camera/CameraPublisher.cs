using ComfyStream.Client;
using ComfyStream.Media;
using ComfyStream.Transport;

namespace ComfyStream.Benchmarks.Camera;

/// <summary>
/// Publishes a clip over and over in real time, on a thread of its own, and notes when it wrote which picture. A key frame that is
/// asked for comes by jumping to the clip's next one.
/// </summary>
internal sealed class CameraPublisher : IAsyncDisposable
{
    private const int MostPictures = 1 << 16;
    private static readonly TimeSpan _soundInterval = TimeSpan.FromMilliseconds(20);

    private readonly CameraClip _clip;
    private readonly WhipPublisher _publisher;
    private readonly TimeSpan[] _writtenAt = new TimeSpan[MostPictures];
    private readonly Thread _thread;
    private volatile bool _isStopping;
    private volatile bool _isPaused;
    private volatile int _speed = 1;
    private int _isKeyFrameWanted;
    private long _pictures;
    private long _packets;

    public CameraPublisher(CameraClip clip, ClientOptions options)
    {
        _clip = clip;
        _publisher = new WhipPublisher(options);
        _publisher.KeyFrameRequested += () => Volatile.Write(ref _isKeyFrameWanted, 1);
        _thread = new Thread(Publish) { Name = "camera", IsBackground = true };
    }

    /// <summary>Pictures written.</summary>
    public long PictureCount => Volatile.Read(ref _pictures);

    /// <summary>Frames that could not be sent.</summary>
    public long DroppedCount => _publisher.FramesDropped;

    /// <summary>So many times as many pictures and packets a second as the camera's own rate.</summary>
    public int Speed
    {
        set => _speed = value;
    }

    /// <summary>Whether nothing is sent for now. It goes on at the next picture's time, as if what lies between had been lost before it was coded.</summary>
    public bool IsPaused
    {
        set => _isPaused = value;
    }

    /// <summary>When a picture was handed to the publisher.</summary>
    public TimeSpan WrittenAt(long picture) => _writtenAt[picture];

    /// <summary>The first picture that was written at that time or later.</summary>
    public long FirstAfter(TimeSpan time)
    {
        int found = _writtenAt.AsSpan(0, (int)PictureCount).BinarySearch(time);
        return found < 0 ? ~found : found;
    }

    /// <summary>The last picture that was written before that time and has that number in the cycle.</summary>
    public long LastBefore(TimeSpan time, int cycleNumber)
    {
        long last = FirstAfter(time) - 1;
        return last - (last - cycleNumber + FrameNumbering.Cycle) % FrameNumbering.Cycle;
    }

    public async Task StartAsync()
    {
        await _publisher.ConnectAsync();
        _thread.Start();
    }

    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        if (_thread.IsAlive)
            _thread.Join();
        await _publisher.DisposeAsync();
    }

    private void Publish()
    {
        TimeSpan start = EventLoop.Now;
        TimeSpan paceStart = start;
        long paceFirst = 0;
        int speed = 1;
        int next = 0;
        while (!_isStopping && _pictures < MostPictures)
        {
            long number = _pictures;
            TimeSpan due = paceStart + TimeSpan.FromSeconds((number - paceFirst) / (double)(_clip.FramesPerSecond * speed));
            PreciseSleep.Until(due);
            if (_isPaused)
            {
                // Whole intervals are left out, so that pictures stay in step and their numbers can be told by their times.
                paceFirst--;
                _packets = (due - start).Ticks / _soundInterval.Ticks + 1;
                continue;
            }

            if (Interlocked.Exchange(ref _isKeyFrameWanted, 0) != 0)
                next = FindKeyFrame(next);
            WritePicture(number, _clip.Pictures[next], due + FrameNumbering.Lateness(number));
            WriteSound(start, due);
            next = (next + 1) % _clip.Pictures.Count;
            if (speed != _speed)
                (speed, paceStart, paceFirst) = (_speed, due, number);
        }
    }

    private void WritePicture(long number, EncodedFrame picture, TimeSpan mediaTime)
    {
        picture.MediaTime = mediaTime;
        _writtenAt[number] = EventLoop.Now;
        _publisher.WriteVideo(picture);
        Volatile.Write(ref _pictures, number + 1);
    }

    private void WriteSound(TimeSpan start, TimeSpan until)
    {
        for (; start + _packets * _soundInterval <= until; _packets++)
        {
            EncodedFrame sound = _clip.Sound[(int)(_packets % _clip.Sound.Count)];
            sound.MediaTime = start + _packets * _soundInterval;
            _publisher.WriteAudio(sound);
        }
    }

    private int FindKeyFrame(int from)
    {
        while (!_clip.Pictures[from].IsKeyFrame)
            from = (from + 1) % _clip.Pictures.Count;
        return from;
    }
}
