using ComfyStream.Media;
using ComfyStream.Workflows.Models;

namespace ComfyStream.Workflows.Detection;

/// <summary>
/// Finds faces with BlazeFace, large ones in the whole of every picture and small ones in windows, which take turns: each is looked
/// at some fifteen times a second of the stream, so what it costs does not depend on the frame rate. After a gap, and in the first
/// picture, all have their turn. One thread at a time; allocates only when the size of the pictures changes.
/// </summary>
internal sealed unsafe class FaceDetector : IDisposable
{
    /// <summary>In this time all windows have had their turn; a multiple of the time from picture to picture at 30 a second.</summary>
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(66);

    private const string Model = "blazeface-front-128";
    private const int Side = BlazeFaceDecoder.Side;

    private readonly ModelSession _session;
    private readonly float _minLogit;
    private readonly int _maxFaces;
    private readonly BoxList _inWindow = new(BlazeFaceDecoder.Fine.AnchorCount + BlazeFaceDecoder.Coarse.AnchorCount);
    private readonly BoxList _facesInWindow;
    private readonly BoxList _faces;
    private BoxList _candidates = new(0);
    private SearchScale? _whole;
    private SearchScale? _fine;
    private (int Width, int Height) _size;
    private TimeSpan _last;
    private int _nextWindow;

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
        _maxFaces = maxFaces;
        (_facesInWindow, _faces) = (new BoxList(maxFaces), new BoxList(maxFaces));
    }

    /// <summary>The faces that were found in a picture, the surest first; valid until the next call.</summary>
    public ReadOnlySpan<Box> Detect(VideoFrame picture)
    {
        bool isFirst = Resize(picture.Width, picture.Height);
        TimeSpan elapsed = isFirst ? Round : picture.MediaTime - _last;
        _last = picture.MediaTime;

        _candidates.Clear();
        _whole!.Update(picture);
        Search(_whole, window: 0);
        if (_fine is not null)
            SearchInTurn(_fine, picture, elapsed);
        BoxMerger.Merge(_candidates, _faces);
        return _faces.Items;
    }

    /// <summary>Makes a search that another thread waits for end by an exception, and the next ones too, until <see cref="Rearm"/>.</summary>
    public void Cancel() => _session.Cancel();

    /// <summary>Searches again.</summary>
    public void Rearm() => _session.Rearm();

    public void Dispose()
    {
        _session.Dispose();
        DisposeScales();
    }

    private void SearchInTurn(SearchScale scale, VideoFrame picture, TimeSpan elapsed)
    {
        // Time that goes back is as good as a gap.
        double part = elapsed < TimeSpan.Zero ? 1 : Math.Min(elapsed / Round, 1);
        int count = Math.Max(1, (int)Math.Round(part * scale.WindowCount));
        scale.Update(picture);
        for (int i = 0; i < count; i++)
        {
            Search(scale, _nextWindow);
            _nextWindow = (_nextWindow + 1) % scale.WindowCount;
        }
    }

    private void Search(SearchScale scale, int window)
    {
        scale.WriteWindow(window, _session.Input);
        _session.Run();
        _inWindow.Clear();
        BlazeFaceDecoder.Decode(BlazeFaceDecoder.Fine, _session.Output(0), _session.Output(2), _minLogit, _inWindow);
        BlazeFaceDecoder.Decode(BlazeFaceDecoder.Coarse, _session.Output(1), _session.Output(3), _minLogit, _inWindow);
        BoxMerger.Merge(_inWindow, _facesInWindow);
        foreach (ref readonly Box box in _facesInWindow.Items)
            _candidates.Add(scale.ToPicture(box, window));
    }

    /// <summary>True when the size is another one, so that all begins anew.</summary>
    private bool Resize(int width, int height)
    {
        if (_size == (width, height))
            return false;
        DisposeScales();
        _whole = SearchScale.CreateWhole(width, height, Side);
        _fine = SearchScale.CreateFine(width, height, Side);
        _candidates = new BoxList((1 + (_fine?.WindowCount ?? 0)) * _maxFaces);
        (_size, _nextWindow) = ((width, height), 0);
        return true;
    }

    private void DisposeScales()
    {
        _whole?.Dispose();
        _fine?.Dispose();
        (_whole, _fine, _size) = (null, null, default);
    }
}
