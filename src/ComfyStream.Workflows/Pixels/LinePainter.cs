using ComfyStream.Media;

namespace ComfyStream.Workflows.Pixels;

/// <summary>Draws thick lines with round ends and soft edges: a pixel takes as much of the colour as the line covers of it.</summary>
internal static unsafe class LinePainter
{
    /// <param name="target">The picture.</param>
    /// <param name="fromX">In pixels; may lie outside.</param>
    /// <param name="fromY">The same.</param>
    /// <param name="toX">The same; a line without length is a dot.</param>
    /// <param name="toY">The same.</param>
    /// <param name="radius">Half its thickness.</param>
    /// <param name="color">What it is drawn in.</param>
    public static void Draw(VideoFrame target, float fromX, float fromY, float toX, float toY, float radius, YuvColor color)
    {
        var line = new Line(fromX, fromY, toX, toY, radius);
        Line half = new(fromX / 2, fromY / 2, toX / 2, toY / 2, radius / 2);
        line.Draw(target.Y, target.StrideY, target.Width, target.Height, color.Y);
        half.Draw(target.U, target.StrideUv, target.Width / 2, target.Height / 2, color.U);
        half.Draw(target.V, target.StrideUv, target.Width / 2, target.Height / 2, color.V);
    }

    private readonly ref struct Line(float fromX, float fromY, float toX, float toY, float radius)
    {
        /// <summary>Farther away it covers nothing of a pixel.</summary>
        private readonly float _reach = radius + 0.5f;
        private readonly float _alongX = toX - fromX;
        private readonly float _alongY = toY - fromY;

        public void Draw(byte* plane, int stride, int width, int height, byte level)
        {
            int top = Math.Max(0, (int)MathF.Floor(Math.Min(fromY, toY) - _reach));
            int bottom = Math.Min(height, (int)MathF.Ceiling(Math.Max(fromY, toY) + _reach));
            for (int y = top; y < bottom; y++)
            {
                (float left, float right) = Reach(y + 0.5f);
                int end = Math.Min(width, (int)MathF.Ceiling(right));
                byte* row = plane + (nint)y * stride;
                for (int x = Math.Max(0, (int)MathF.Floor(left)); x < end; x++)
                    row[x] = (byte)(row[x] + (level - row[x]) * Coverage(x + 0.5f, y + 0.5f) + 0.5f);
            }
        }

        /// <summary>How far the line may reach in a row: that of its part which is no farther away than it is thick.</summary>
        private (float Left, float Right) Reach(float y)
        {
            (float first, float last) = (0, 1);
            if (MathF.Abs(_alongY) > 1e-3f)
            {
                float a = Math.Clamp((y - _reach - fromY) / _alongY, 0, 1);
                float b = Math.Clamp((y + _reach - fromY) / _alongY, 0, 1);
                (first, last) = (Math.Min(a, b), Math.Max(a, b));
            }

            (float x, float x2) = (fromX + first * _alongX, fromX + last * _alongX);
            return (Math.Min(x, x2) - _reach, Math.Max(x, x2) + _reach);
        }

        private float Coverage(float x, float y)
        {
            (float dx, float dy) = (x - fromX, y - fromY);
            float square = _alongX * _alongX + _alongY * _alongY;
            float part = square > 0 ? Math.Clamp((dx * _alongX + dy * _alongY) / square, 0, 1) : 0;
            (dx, dy) = (dx - part * _alongX, dy - part * _alongY);
            return Math.Clamp(_reach - MathF.Sqrt(dx * dx + dy * dy), 0, 1);
        }
    }
}
