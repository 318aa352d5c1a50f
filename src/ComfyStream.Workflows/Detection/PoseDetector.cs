using ComfyStream.Media;
using ComfyStream.Workflows.Models;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Detection;

/// <summary>
/// Finds the joints of one person with MoveNet, which looks at a square around where they were in the picture before, and at the whole
/// picture when they were lost. One thread at a time.
/// </summary>
internal sealed unsafe class PoseDetector : IDisposable
{
    /// <summary>Those of COCO, in its order.</summary>
    public const int PointCount = 17;

    private const string Model = "movenet-lightning";
    private const int ValuesPerPoint = 3;

    /// <summary>Nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles; the person's left one first.</summary>
    private static readonly (int From, int To)[] Limbs =
    [
        (0, 1), (0, 2), (1, 3), (2, 4), (5, 6), (5, 7), (7, 9), (6, 8), (8, 10), (5, 11), (6, 12), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16),
    ];

    private readonly VideoFramePool _frames = new(keep: 0);
    private readonly PictureModel _model;
    private readonly VideoFrame _square;
    private readonly SquareCrop _crop;
    private readonly PoseRegion _region = new();
    private readonly PoseSteadier _steadier = new(PointCount);
    private readonly PosePoint[] _found = new PosePoint[PointCount];

    /// <exception cref="MediaException">The model is missing, or another one.</exception>
    public PoseDetector(ModelStore models)
    {
        _model = models.CreatePictureModel(Model);
        if (_model.Manifest.Input.Size is not (int side and >= 32, int height) || side != height || side % 2 != 0)
        {
            _model.Dispose();
            throw new MediaException($"The model {Model} needs input.size [N, N] in {_model.Manifest.Path}, N even and 32 or more.");
        }

        _square = _frames.Rent(side, side);
        _crop = new SquareCrop(side);
    }

    /// <summary>Points that the network is less sure of do not count; those that did may fall some way below it.</summary>
    public float Threshold { get; set; }

    /// <summary>0 gives the points as they are found, up to 0.95 holds them still.</summary>
    public float Smoothing { get; set; }

    /// <summary>The pose, or none; valid until the next call.</summary>
    public PoseList Poses { get; } = new(capacity: 1, PointCount, Limbs);

    public void Detect(VideoFrame picture, TimeSpan mediaTime)
    {
        SquareRegion region = _region.For(picture.Width, picture.Height, mediaTime);
        _crop.Write(picture, region, _square);
        _square.IsBt709 = picture.IsBt709;
        _model.Run(_square, mediaTime);
        if (_model.Output(OutputKind.Points) is not { Length: PointCount * ValuesPerPoint } points)
            throw new MediaException($"The model {Model} does not give {PointCount} points of y, x and score. Put the manifest and the file that ship in its place.");
        for (int i = 0; i < PointCount; i++)
        {
            float* point = points.Pointer + ValuesPerPoint * i;
            _found[i] = new((region.Left + point[1] * region.Side) / picture.Width, (region.Top + point[0] * region.Side) / picture.Height, point[2]);
        }

        _steadier.Update(_found, mediaTime, Threshold, Smoothing, Poses);
        _region.Follow(Poses, picture.Width, picture.Height);
    }

    public void Cancel() => _model.Cancel();

    public void Rearm() => _model.Rearm();

    public void Dispose()
    {
        _model.Dispose();
        _crop.Dispose();
        _square.Return();
        _frames.Dispose();
    }
}
