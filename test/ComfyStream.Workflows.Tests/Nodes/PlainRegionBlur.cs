using System.Text.Json;
using ComfyStream.Workflows.Detection;

namespace ComfyStream.Workflows.Tests.Nodes;

/// <summary>What <c>BlurBoxes</c> does to one box, pixel by pixel.</summary>
internal sealed class PlainRegionBlur(JsonElement settings, Box box, int width, int height)
{
    private readonly double _margin = settings.TryGetProperty("margin", out JsonElement margin) ? margin.GetDouble() : 0.4;
    private readonly double _strength = settings.TryGetProperty("strength", out JsonElement strength) ? strength.GetDouble() : 0.2;
    private readonly bool _isEllipse = !settings.TryGetProperty("shape", out _);
    private readonly bool _showsCells = settings.TryGetProperty("effect", out _);

    public double[,] Apply(double[,] plane, double scale)
    {
        double radiusX = (0.5 + _margin) * box.Width * width * scale;
        double radiusY = (0.5 + _margin) * box.Height * height * scale;
        double centreX = (box.Left + box.Right) / 2 * width * scale;
        double centreY = (box.Top + box.Bottom) / 2 * height * scale;
        double cell = _strength * Math.Max(box.Width * width, box.Height * height) * scale;
        (int left, int right) = (Clamp(Math.Floor(centreX - radiusX), 1), Clamp(Math.Ceiling(centreX + radiusX), 1));
        (int top, int bottom) = (Clamp(Math.Floor(centreY - radiusY), 0), Clamp(Math.Ceiling(centreY + radiusY), 0));
        double[,] result = (double[,])plane.Clone();
        if (right <= left || bottom <= top)
            return result;

        int columns = Math.Clamp((int)Math.Round((right - left) / (float)cell), 1, right - left);
        int rows = Math.Clamp((int)Math.Round((bottom - top) / (float)cell), 1, bottom - top);
        double[,] cells = Average(plane, left, top, right, bottom, columns, rows);
        double[,] smooth = Smooth(Smooth(cells, 0, 1), 1, 0);
        double solid = Math.Min((0.5 + _margin / 2) / (0.5 + _margin), 1 - 1 / Math.Max(1, Math.Min(radiusX, radiusY)));
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right; x++)
            {
                double shown = _showsCells
                    ? cells[CellOf(y - top, bottom - top, rows), CellOf(x - left, right - left, columns)]
                    : Between(smooth, (y - top + 0.5) * rows / (bottom - top) - 0.5, (x - left + 0.5) * columns / (right - left) - 0.5);
                (double dx, double dy) = (Math.Abs(x + 0.5 - centreX) / radiusX, Math.Abs(y + 0.5 - centreY) / radiusY);
                double distance = _isEllipse ? Math.Sqrt(dx * dx + dy * dy) : Math.Max(dx, dy);
                result[y, x] += Math.Clamp((1 - distance) / (1 - solid), 0, 1) * (shown - result[y, x]);
            }
        }

        return result;

        int Clamp(double value, int dimension) => (int)Math.Clamp(value, 0, plane.GetLength(dimension));
    }

    private static double[,] Average(double[,] plane, int left, int top, int right, int bottom, int columns, int rows)
    {
        double[,] sums = new double[rows, columns];
        double[,] counts = new double[rows, columns];
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right; x++)
            {
                (int row, int column) = (CellOf(y - top, bottom - top, rows), CellOf(x - left, right - left, columns));
                sums[row, column] += plane[y, x];
                counts[row, column]++;
            }
        }

        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
                sums[row, column] /= counts[row, column];
        }

        return sums;
    }

    /// <summary>The last cell that begins at or before a pixel; cell i begins at i * length / count, rounded down.</summary>
    private static int CellOf(int pixel, int length, int count)
    {
        int cell = count - 1;
        while (cell * length / count > pixel)
            cell--;
        return cell;
    }

    private static double[,] Smooth(double[,] cells, int stepY, int stepX)
    {
        double[,] result = new double[cells.GetLength(0), cells.GetLength(1)];
        for (int y = 0; y < cells.GetLength(0); y++)
        {
            for (int x = 0; x < cells.GetLength(1); x++)
                result[y, x] = (At(y - stepY, x - stepX) + 2 * cells[y, x] + At(y + stepY, x + stepX)) / 4;
        }

        return result;

        double At(int y, int x) => cells[Math.Clamp(y, 0, cells.GetLength(0) - 1), Math.Clamp(x, 0, cells.GetLength(1) - 1)];
    }

    private static double Between(double[,] cells, double y, double x)
    {
        y = Math.Clamp(y, 0, cells.GetLength(0) - 1);
        x = Math.Clamp(x, 0, cells.GetLength(1) - 1);
        (int row, int column) = ((int)y, (int)x);
        double upper = Line(row);
        return upper + (y - row) * (Line(Math.Min(row + 1, cells.GetLength(0) - 1)) - upper);

        double Line(int r) => cells[r, column] + (x - column) * (cells[r, Math.Min(column + 1, cells.GetLength(1) - 1)] - cells[r, column]);
    }
}
