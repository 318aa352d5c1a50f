using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ComfyStream.Media.Libav;

/// <summary>Owns an AVFrame, used again for every picture.</summary>
internal sealed unsafe class NativeFrame : IDisposable
{
    private const int ReadOnlyBuffer = 1;

    private readonly LibavLayout _layout = LibavLayout.Current;
    private AVFrame* _frame;

    public NativeFrame()
    {
        _frame = NativeMethods.av_frame_alloc();
        if (_frame is null)
            throw new MediaException("libav has no memory for a frame.");
    }

    public AVFrame* Pointer => _frame;

    /// <summary>The array AVFrame.data, which begins the struct.</summary>
    public byte** Planes => (byte**)_frame;

    /// <summary>The array AVFrame.linesize.</summary>
    public int* Strides => &_frame->Stride0;

    public int PictureType
    {
        get => Field(_layout.PictureType);
        set => Field(_layout.PictureType) = value;
    }

    public int ColorRange => Field(_layout.ColorRange);

    public int ColorSpace => Field(_layout.ColorSpace);

    public int DecodeErrorFlags => Field(_layout.DecodeErrorFlags);

    /// <summary>The first AVBufferRef.</summary>
    public nint Buffer => *(nint*)((byte*)_frame + _layout.Buffer);

    /// <summary>
    /// Points at a picture's planes without copying them. The picture must stay until <see cref="Clear"/>, and whoever the frame
    /// was given to must have let go of it by then.
    /// </summary>
    public void Borrow(VideoFrame picture)
    {
        _frame->Data0 = picture.Y;
        _frame->Data1 = picture.U;
        _frame->Data2 = picture.V;
        (_frame->Stride0, _frame->Stride1, _frame->Stride2) = (picture.StrideY, picture.StrideUv, picture.StrideUv);
        (_frame->Width, _frame->Height, _frame->Format) = (picture.Width, picture.Height, PixelFormat.Yuv420P);

        // libav copies the pixels of a frame that has no counted buffer: this one spans all planes and frees nothing.
        nuint byteCount = (nuint)(picture.V + picture.StrideUv * (picture.Height / 2) - picture.Y);
        nint buffer = NativeMethods.av_buffer_create(picture.Y, byteCount, &KeepMemory, 0, ReadOnlyBuffer);
        if (buffer == 0)
            throw new MediaException("libav has no memory for a buffer.");
        *(nint*)((byte*)_frame + _layout.Buffer) = buffer;
    }

    public void Clear() => NativeMethods.av_frame_unref(_frame);

    public void Dispose()
    {
        AVFrame* frame = _frame;
        _frame = null;
        NativeMethods.av_frame_free(&frame);
    }

    private ref int Field(int offset) => ref *(int*)((byte*)_frame + offset);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void KeepMemory(nint opaque, byte* data)
    {
    }
}
