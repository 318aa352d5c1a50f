using System.Globalization;
using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>Writes a text on the picture: a title, a clock, the time of the stream.</summary>
internal sealed class TextOverlayNode : Node
{
    private const int Image = 0;

    /// <summary>Between the text's ground and the picture's edge, as a part of the picture's height.</summary>
    private const double Margin = 0.03;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "TextOverlay",
        DisplayName = "Text Overlay",
        Category = "ComfyStream/Overlay",
        Description = "Writes a text on the picture.",
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new TextInput("text", "{clock}", IsMultiline: true) { MaxLength = 500, Tooltip = "{clock}, {time}, {frame} and {fps} are filled in." },
            new ChoiceInput("position", "top-left", "top", "top-right", "left", "center", "right", "bottom-left", "bottom", "bottom-right") { Default = "bottom-left" },
            new NumberInput("size", Default: 6, Min: 1, Max: 50) { Tooltip = "From line to line, in hundredths of the picture's height." },
            new TextInput("color", "#FFFFFF") { MaxLength = 7, Tooltip = "#RRGGBB" },
            new TextInput("background", "#000000") { MaxLength = 7, Tooltip = "#RRGGBB" },
            new NumberInput("background_opacity", Default: 0.5, Min: 0, Max: 1),
        ],
        Outputs = [LinkType.Image],
        Overwritable = Image,
        Create = static (settings, _) => new TextOverlayNode(settings),
    };

    private readonly TextRaster _raster = new();
    private readonly OverlayText.Counters _counters = new();
    private OverlayText _text = null!;
    private string _written = "";
    private string _position = "";
    private double _size;
    private (byte R, byte G, byte B) _color;
    private (byte R, byte G, byte B) _ground;
    private float _groundOpacity;

    private TextOverlayNode(NodeSettings settings)
    {
        foreach (string name in new[] { "color", "background" })
        {
            if (!TryReadColor(settings.Text(name), out _))
                throw new MediaException($"{name} is a colour such as #FF8800, not {WorkflowProblems.Quote(settings.Text(name))}");
        }

        TryApply(settings);
    }

    public override bool TryApply(NodeSettings settings)
    {
        if (!TryReadColor(settings.Text("color"), out (byte, byte, byte) color) || !TryReadColor(settings.Text("background"), out (byte, byte, byte) ground))
            return false;
        if (_text is null || settings.Text("text") != _written)
            (_written, _text) = (settings.Text("text"), new OverlayText(settings.Text("text"), _counters));
        (_color, _ground, _groundOpacity) = (color, ground, (float)settings.Number("background_opacity"));
        (_position, _size) = (settings.Choice("position"), settings.Number("size") / 100);
        return true;
    }

    public override void Run(NodeContext context)
    {
        VideoFrame source = context.Image(Image);
        VideoFrame target = context.Target(source.Width, source.Height);
        FrameCopier.Copy(source, target);
        _counters.Count(context.MediaTime);

        int margin = (int)(Margin * target.Height) / 2 * 2;
        (int roomX, int roomY) = (target.Width - 2 * margin, target.Height - 2 * margin);
        _raster.Draw(_text.Fill(DateTime.Now), _size * target.Height, roomX, roomY);
        int left = margin + Place("left", "right", roomX - _raster.Width);
        int top = margin + Place("top", "bottom", roomY - _raster.Height);
        _raster.Blend(target, left, top, ColorOf(_color, context), ColorOf(_ground, context), _groundOpacity);
    }

    public override void Dispose() => _raster.Dispose();

    private static YuvColor ColorOf((byte R, byte G, byte B) color, NodeContext context) => YuvColor.FromRgb(color.R, color.G, color.B, context.IsBt709);

    private int Place(string begin, string end, int room) =>
        _position.Contains(begin, StringComparison.Ordinal) ? 0 : _position.Contains(end, StringComparison.Ordinal) ? room : room / 4 * 2;

    private static bool TryReadColor(string text, out (byte R, byte G, byte B) color)
    {
        int value = 0;
        bool isColor = text.Length == 7 && text[0] == '#' && int.TryParse(text.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        color = ((byte)(value >> 16), (byte)(value >> 8), (byte)value);
        return isColor;
    }
}
