using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Transport.Tests;

public sealed class PacketizedFramePoolTests
{
    private readonly PacketizedFramePool _pool = new();

    [Fact]
    public void A_released_frame_is_rented_again_for_the_same_size()
    {
        PacketizedFrame frame = Rent(8000);
        frame.Release();

        Assert.Same(frame, Rent(8000));
        Assert.Equal(1, _pool.RentedCount);
    }

    [Fact]
    public void The_frame_of_a_key_frame_is_not_given_away_for_a_small_one()
    {
        PacketizedFrame keyFrame = Rent(100_000);
        keyFrame.Release();

        Assert.NotSame(keyFrame, Rent(200));
        Assert.Same(keyFrame, Rent(100_000));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(160)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(65_400)]
    [InlineData(65_536)]
    [InlineData(10_000_000)]
    public void A_coded_frame_of_the_size_that_was_asked_for_fits_without_growing(int codedBytes)
    {
        PacketizedFrame frame = Rent(codedBytes);
        int capacity = frame.CapacityBytes;
        byte[] accessUnit = new byte[Math.Max(6, codedBytes)];
        Array.Fill(accessUnit, (byte)0x55);
        ((byte[])[0, 0, 0, 1, 0x41]).CopyTo(accessUnit, 0);
        H264Packetizer.Packetize(accessUnit, frame);

        Assert.Equal(capacity, frame.CapacityBytes);
    }

    [Fact]
    public void A_frame_that_grew_is_kept_as_what_it_has_become()
    {
        PacketizedFrame frame = Rent(1000);
        frame.AppendPacket(5000);
        frame.Release();

        Assert.Same(frame, Rent(4096 - 512));
    }

    private PacketizedFrame Rent(int codedBytes)
    {
        PacketizedFrame frame = _pool.Rent(codedBytes);
        frame.Begin(MediaKind.Video, default, isKeyFrame: false, default);
        return frame;
    }
}
