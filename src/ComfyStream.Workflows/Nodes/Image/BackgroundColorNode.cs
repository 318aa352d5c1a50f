using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>A picture of one colour as large as another, as the node of that name gives in ComfyStream's graphs.</summary>
internal sealed class BackgroundColorNode : Node
{
    private const int Images = 0;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "BackgroundColor",
        Category = "background-edit",
        Description = "A picture of one colour as large as another.",
        IsPure = true,
        Inputs = [new LinkInput("images", LinkType.Image), new ChoiceInput("color", "black", "red", "blue", "green")],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.I420, PictureFormat.Rgb],
        Create = static (settings, _) => new BackgroundColorNode(settings.Choice("color")),
    };

    private readonly byte[] _color;

    private BackgroundColorNode(string color) => _color = [Part(color, "red"), Part(color, "green"), Part(color, "blue")];

    public override void Run(NodeContext context)
    {
        PictureView source = PictureView.Read(context, Images);
        PictureView target = PictureView.Write(context, source.Width, source.Height);
        if (target.IsI420)
        {
            YuvColor color = YuvColor.FromRgb(_color[0], _color[1], _color[2], context.IsBt709);
            target.Frame.Fill(color.Y, color.U, color.V);
            return;
        }

        for (int i = 0; i < 3; i++)
            target[i].Fill(_color[i]);
    }

    private static byte Part(string color, string name) => color == name ? (byte)255 : (byte)0;
}
