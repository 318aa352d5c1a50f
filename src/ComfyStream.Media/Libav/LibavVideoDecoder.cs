using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using ComfyStream.Media.H264;
using ComfyStream.Media.Vp8;

namespace ComfyStream.Media.Libav;

/// <summary>
/// Decodes H.264 or VP8 with libavcodec into pooled I420. Owned by one thread. Holds back no picture that the stream does not reorder:
/// one codec thread, because frame threads delay by their number. Of VP8 it cannot tell that the end of a picture or a whole
/// interframe is missing, because the stream does not say: access units must come whole, and none after a lost one.
/// </summary>
internal sealed unsafe class LibavVideoDecoder : IVideoDecoder
{
    /// <summary>Largest picture, as a product of width and height.</summary>
    public const int MaxPixels = 4096 * 2304;

    private const int MinSide = 16;
    private const int MaxSide = 8192;
    private const int HdHeight = 720;

    /// <summary>More than the 16 pictures that H.264 may reorder over; a power of two.</summary>
    private const int TimesCapacity = 64;

    private readonly MediaCodec _kind;
    private readonly VideoFramePool _frames;
    private readonly NativePacket _packet;
    private readonly NativeFrame _picture;
    private readonly PixelConverter _converter = new(PixelConverter.FastBilinear | PixelConverter.AccurateRounding);
    private readonly AccessUnitTimes[] _times = new AccessUnitTimes[TimesCapacity];
    private CodecContext _codec;
    private CodecContext? _ending;
    private byte[] _parameters = [];
    private long _written;
    private bool _pictureIsReady;
    private bool _isDamaged;
    private bool _isSuspect = true;

    public LibavVideoDecoder(MediaCodec kind, VideoFramePool frames)
    {
        _kind = kind;
        _frames = frames;
        _codec = Open();
        _packet = new();
        _picture = new();
    }

    public bool TryWrite(EncodedFrame frame)
    {
        if (frame.Codec != _kind || frame.ByteCount == 0 || !TryPrepare(frame.Data))
            return false;

        _packet.Fill(frame.Data, _written);
        _times[_written % TimesCapacity] = new(_written, frame.MediaTime, frame.FirstArrival, frame.LastArrival);
        _written++;
        _isDamaged |= _codec.Send(_packet) < 0;
        _packet.Clear();

        // Looks at the picture now: only the picture tells that a slice or a reference was missing.
        _pictureIsReady = _pictureIsReady || ReceiveSound();
        bool isSound = !_isDamaged;
        _isSuspect |= _isDamaged;
        _isDamaged = false;
        return isSound;
    }

    public bool TryRead([NotNullWhen(true)] out VideoFrame? frame)
    {
        frame = null;
        while (frame is null && (_pictureIsReady || ReceiveSound()))
        {
            _pictureIsReady = false;
            frame = Take();
            _picture.Clear();
        }

        return frame is not null;
    }

    public void Dispose()
    {
        _codec.Dispose();
        _ending?.Dispose();
        _packet.Dispose();
        _picture.Dispose();
        _converter.Dispose();
    }

    /// <summary>False when there is nothing that the access unit could build on.</summary>
    private bool TryPrepare(ReadOnlySpan<byte> accessUnit)
    {
        if (_kind == MediaCodec.H264)
        {
            StartAfreshIfNeeded(accessUnit);
            return true;
        }

        // A VP8 picture does not say which ones it builds on: after damage, libavcodec goes on with whatever it has.
        bool isKeyFrame = Vp8Frame.IsKeyFrame(accessUnit);
        if (_isSuspect && !isKeyFrame)
            return false;
        _isSuspect = false;
        return true;
    }

    /// <summary>
    /// Takes a new codec for new parameters, and for the same ones after damage: libavcodec never shortens the reordering delay
    /// that it has once seen, be it in another sequence or in a broken one. What the old codec holds is still read.
    /// </summary>
    private void StartAfreshIfNeeded(ReadOnlySpan<byte> accessUnit)
    {
        if (!AnnexB.TryFind(accessUnit, NalUnitType.SequenceParameterSet, out ReadOnlySpan<byte> parameters))
            return;
        bool isSame = parameters.SequenceEqual(_parameters);
        if (isSame && !_isSuspect)
            return;
        if (!isSame)
            _parameters = parameters.ToArray();
        _isSuspect = false;
        CodecContext next = Open();
        _ending?.Dispose();
        _ending = _codec;
        _ending.SendEnd();
        _codec = next;
    }

    private CodecContext Open()
    {
        CodecContext codec = CodecContext.ForDecoder(_kind == MediaCodec.Vp8 ? "vp8"u8 : "h264"u8);
        try
        {
            codec.Set("threads"u8, 1);
            codec.Set("flags"u8, "+low_delay"u8);
            codec.Set("max_pixels"u8, MaxPixels);
            codec.Open();
            return codec;
        }
        catch
        {
            codec.Dispose();
            throw;
        }
    }

    /// <summary>Takes the next picture that decoded whole; damaged ones are dropped and reported by the next write.</summary>
    private bool ReceiveSound()
    {
        if (_ending is not null)
        {
            while (_ending.Receive(_picture) >= 0)
            {
                if (IsSound())
                    return true;
            }

            _ending.Dispose();
            _ending = null;
        }

        int result;
        while ((result = _codec.Receive(_picture)) >= 0)
        {
            if (IsSound())
                return true;
            _isDamaged = true;
        }

        _isDamaged |= result != LibavResult.TryAgain;
        return false;
    }

    private bool IsSound()
    {
        if (_picture.DecodeErrorFlags == 0)
            return true;
        _picture.Clear();
        return false;
    }

    /// <summary>Copies the picture out; null when its size is none that a frame can have.</summary>
    private VideoFrame? Take()
    {
        AVFrame* native = _picture.Pointer;
        int width = native->Width & ~1;
        int height = native->Height & ~1;
        ref readonly AccessUnitTimes times = ref _times[native->Pts & TimesCapacity - 1];
        if (width is < MinSide or > MaxSide || height is < MinSide or > MaxSide || times.Number != native->Pts)
        {
            _isDamaged = true;
            return null;
        }

        VideoFrame frame = _frames.Rent(width, height);
        (frame.MediaTime, frame.FirstArrival, frame.LastArrival) = (times.MediaTime, times.FirstArrival, times.LastArrival);
        frame.IsBt709 = IsBt709(_picture.ColorSpace, height);
        try
        {
            CopyOrConvert(native, frame);
        }
        catch
        {
            frame.Return();
            throw;
        }

        return frame;
    }

    private void CopyOrConvert(AVFrame* native, VideoFrame frame)
    {
        bool isFullRange = _picture.ColorRange == ColorRange.Full || IsFullRangeFormat(native->Format);
        if (native->Format == PixelFormat.Yuv420P && !isFullRange)
        {
            CopyPlane(native->Data0, native->Stride0, frame.Y, frame.StrideY, frame.Width, frame.Height);
            CopyPlane(native->Data1, native->Stride1, frame.U, frame.StrideUv, frame.Width / 2, frame.Height / 2);
            CopyPlane(native->Data2, native->Stride2, frame.V, frame.StrideUv, frame.Width / 2, frame.Height / 2);
            return;
        }

        int matrix = frame.IsBt709 ? ColorSpace.Bt709 : ColorSpace.Smpte170M;
        byte** planes = stackalloc byte*[4] { frame.Y, frame.U, frame.V, null };
        int* strides = stackalloc int[4] { frame.StrideY, frame.StrideUv, frame.StrideUv, 0 };
        _converter.Convert(
            _picture.Planes, _picture.Strides, frame.Width, frame.Height,
            new(isFullRange ? FullRangeFormat(native->Format) : native->Format, matrix, isFullRange),
            planes, strides, frame.Width, frame.Height, new(PixelFormat.Yuv420P, matrix, false));
    }

    private static void CopyPlane(byte* source, int sourceStride, byte* target, int targetStride, int width, int height)
    {
        for (int row = 0; row < height; row++, source += sourceStride, target += targetStride)
            NativeMemory.Copy(source, target, (nuint)width);
    }

    /// <summary>A stream that does not say is taken as players take it: BT.709 from 720 rows on. BT.2020 is nearest to BT.709.</summary>
    private static bool IsBt709(int colorSpace, int height) => colorSpace switch
    {
        ColorSpace.Bt709 or ColorSpace.Smpte240M or ColorSpace.Bt2020NonConstant or ColorSpace.Bt2020Constant => true,
        ColorSpace.Unspecified or ColorSpace.Rgb => height >= HdHeight,
        _ => false,
    };

    private static bool IsFullRangeFormat(int format) =>
        format is PixelFormat.Yuvj420P or PixelFormat.Yuvj422P or PixelFormat.Yuvj444P or PixelFormat.Yuvj440P;

    /// <summary>libswscale picks its route by format before it is told the range: the "j" formats make it pick one that converts.</summary>
    private static int FullRangeFormat(int format) => format switch
    {
        PixelFormat.Yuv420P => PixelFormat.Yuvj420P,
        PixelFormat.Yuv422P => PixelFormat.Yuvj422P,
        PixelFormat.Yuv444P => PixelFormat.Yuvj444P,
        _ => format,
    };

    private readonly record struct AccessUnitTimes(long Number, TimeSpan MediaTime, TimeSpan FirstArrival, TimeSpan LastArrival);
}
