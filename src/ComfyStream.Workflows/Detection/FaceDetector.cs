using ComfyStream.Media;
using ComfyStream.Workflows.Models;

namespace ComfyStream.Workflows.Detection;

/// <summary>
/// Finds faces with BlazeFace. The network sees faces wider than about a tenth of its input, so a picture is searched at the scales of
/// <see cref="SearchScale"/>. One thread at a time; allocates only when the size of the pictures changes.
/// </summary>
internal sealed unsafe class FaceDetector : IDisposable
{
    private const string Model = "blazeface-front-128";
    private const int Side = BlazeFaceDecoder.Side;

    private readonly ModelSession _session;
    private readonly float _minLogit;
    private readonly BoxList _faces;
    private readonly BoxList _inWindow = new(BlazeFaceDecoder.Fine.AnchorCount + BlazeFaceDecoder.Coarse.AnchorCount);
    private BoxList _candidates = new(0);
    private SearchScale[] _scales = [];
    private (int Width, int Height) _size;

    /// <exception cref="MediaException">The model is missing or cannot be loaded.</exception>
    public FaceDetector(ModelStore models, double threshold, int maxFaces)
    {
        (int fine, int coarse) = (BlazeFaceDecoder.Fine.AnchorCount, BlazeFaceDecoder.Coarse.AnchorCount);
        _session = models.CreateSession(
            Model,
            inputShape: [1, Side, Side, 3],
            [1, fine, 1],
            [1, coarse, 1],
            [1, fine, BlazeFaceDecoder.ValuesPerAnchor],
            [1, coarse, BlazeFaceDecoder.ValuesPerAnchor]);
        _minLogit = BlazeFaceDecoder.Logit(threshold);
        _faces = new BoxList(maxFaces);
    }

    /// <summary>The faces in a picture, the surest first; valid until the next call.</summary>
    public ReadOnlySpan<Box> Detect(VideoFrame picture)
    {
        Resize(picture.Width, picture.Height);
        _candidates.Clear();
        foreach (SearchScale scale in _scales)
        {
            scale.Update(picture);
            for (int window = 0; window < scale.WindowCount; window++)
                Search(scale, window);
        }

        BoxMerger.Merge(_candidates, _faces);
        return _faces.Items;
    }

    public void Dispose()
    {
        _session.Dispose();
        DisposeScales();
    }

    private void Search(SearchScale scale, int window)
    {
        scale.WriteWindow(window, _session.Input);
        _session.Run();
        _inWindow.Clear();
        BlazeFaceDecoder.Decode(BlazeFaceDecoder.Fine, _session.Output(0), _session.Output(2), _minLogit, _inWindow);
        BlazeFaceDecoder.Decode(BlazeFaceDecoder.Coarse, _session.Output(1), _session.Output(3), _minLogit, _inWindow);
        foreach (ref readonly Box box in _inWindow.Items)
            _candidates.Add(scale.ToPicture(box, window));
    }

    private void Resize(int width, int height)
    {
        if (_size == (width, height))
            return;
        DisposeScales();
        _scales = SearchScale.CreateAll(width, height, Side);
        _candidates = new BoxList(_scales.Sum(scale => scale.WindowCount) * _inWindow.Capacity);
        _size = (width, height);
    }

    private void DisposeScales()
    {
        foreach (SearchScale scale in _scales)
            scale.Dispose();
        (_scales, _size) = ([], default);
    }
}
