namespace ComfyStream.Workflows.Detection;

/// <summary>
/// Takes the trembling out of a pose: points at rest are held, those in motion followed without delay (the 1 € filter of Casiez, Roussel
/// and Vogel, 2012), in the stream's own time; and a point that is seen does not go at the first doubt. One thread at a time.
/// </summary>
internal sealed class PoseSteadier(int pointCount)
{
    /// <summary>With fewer points there is no pose.</summary>
    private const int FewestPoints = 4;

    /// <summary>A point that was seen stays down to this part of the threshold.</summary>
    private const float StayPart = 0.7f;

    /// <summary>Hertz let through of a point at rest, with a smoothing of one half.</summary>
    private const float RestHertz = 3;

    /// <summary>Hertz more for each picture side a second that it moves.</summary>
    private const float HertzPerSpeed = 40;

    private const float SpeedHertz = 1.5f;
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(0.5);

    private readonly Track[] _tracks = new Track[pointCount];
    private TimeSpan _last;

    /// <summary>Gives the pose, in which points that do not count have the score 0; or none.</summary>
    public void Update(ReadOnlySpan<PosePoint> found, TimeSpan mediaTime, float threshold, float smoothing, PoseList poses)
    {
        float elapsed = (float)(mediaTime - _last).TotalSeconds;
        if (elapsed <= 0 || elapsed > LongestGap.TotalSeconds)
            Array.Clear(_tracks);
        _last = mediaTime;

        (int count, float sum) = (0, 0);
        for (int i = 0; i < pointCount; i++)
        {
            PosePoint point = found[i];
            bool isSeen = point.Score >= threshold * (_tracks[i].IsSeen ? StayPart : 1) && float.IsFinite(point.X) && float.IsFinite(point.Y);
            if (isSeen)
            {
                _tracks[i].Follow(point, elapsed, smoothing);
                count++;
                sum += point.Score;
            }
            else
            {
                _tracks[i] = default;
            }
        }

        poses.Clear();
        if (count < FewestPoints)
            return;
        Span<PosePoint> points = poses.Add(Math.Min(1, sum / count));
        for (int i = 0; i < pointCount; i++)
            points[i] = new(_tracks[i].X, _tracks[i].Y, _tracks[i].IsSeen ? Math.Min(1, found[i].Score) : 0);
    }

    /// <summary>A point from picture to picture.</summary>
    private struct Track
    {
        public bool IsSeen;
        public float X;
        public float Y;
        private float _speedX;
        private float _speedY;

        public void Follow(in PosePoint point, float elapsed, float smoothing)
        {
            if (!IsSeen || smoothing <= 0)
            {
                (IsSeen, X, Y, _speedX, _speedY) = (true, point.X, point.Y, 0, 0);
                return;
            }

            float share = Share(SpeedHertz, elapsed);
            _speedX += share * ((point.X - X) / elapsed - _speedX);
            _speedY += share * ((point.Y - Y) / elapsed - _speedY);
            float hertz = RestHertz * (1 - smoothing) / smoothing + HertzPerSpeed * MathF.Sqrt(_speedX * _speedX + _speedY * _speedY);
            share = Share(hertz, elapsed);
            X += share * (point.X - X);
            Y += share * (point.Y - Y);
        }

        /// <summary>What a low-pass of first order takes of the new value.</summary>
        private static float Share(float hertz, float elapsed)
        {
            float radians = 2 * MathF.PI * hertz * elapsed;
            return radians / (1 + radians);
        }
    }
}
