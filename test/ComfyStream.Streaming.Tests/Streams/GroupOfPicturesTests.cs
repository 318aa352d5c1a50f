using ComfyStream.Streaming.Streams;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Streaming.Tests.Streams;

public sealed class GroupOfPicturesTests
{
    private readonly PacketizedFramePool _pool = new();
    private readonly GroupOfPictures _group = new();
    private int _number;

    [Fact]
    public void It_holds_everything_from_the_last_key_frame_on()
    {
        Add(isKeyFrame: false);
        Add(isKeyFrame: true);
        Add(isKeyFrame: false);
        Add(isKeyFrame: true);
        Add(isKeyFrame: false);
        Add(isKeyFrame: false);

        Assert.Equal([4, 5, 6], _group.Frames.Select(frame => (int)frame.Packets.GetPayload(0)[0]));
        _group.Clear();
        Assert.Equal(0, _pool.RentedCount);
    }

    [Theory]
    [InlineData(61, 33, 1000)] // More than two seconds.
    [InlineData(20, 33, 60_000)] // More than a megabyte.
    [InlineData(125, 10, 1000)] // More pictures than a player is given at once.
    public void More_than_a_joining_viewer_is_given_at_once_is_not_kept_until_the_next_key_frame(int count, int intervalMilliseconds, int byteCount)
    {
        for (int i = 0; i < count + 3; i++)
            Add(isKeyFrame: i == 0, intervalMilliseconds, byteCount);

        Assert.Empty(_group.Frames);
        Assert.Equal(0, _pool.RentedCount);

        Add(isKeyFrame: true);
        Add(isKeyFrame: false);
        Assert.Equal(2, _group.Frames.Count);
        _group.Clear();
    }

    [Fact]
    public void Pictures_of_another_rendition_do_not_follow_its_key_frame()
    {
        Add(isKeyFrame: true, rendition: Rendition.Slate);
        Add(isKeyFrame: false, rendition: Rendition.Encoded);

        Assert.Single(_group.Frames);
        _group.Clear();
        Assert.Equal(0, _pool.RentedCount);
    }

    private void Add(bool isKeyFrame, int intervalMilliseconds = 33, int byteCount = 100, Rendition rendition = Rendition.Source)
    {
        _number++;
        PacketizedFrame packets = _pool.Rent(byteCount);
        packets.Begin(MediaKind.Video, _number * TimeSpan.FromMilliseconds(intervalMilliseconds), isKeyFrame, default);
        packets.AppendPacket(byteCount).Fill((byte)_number);
        _group.Add(new OutputFrame(packets, rendition, VideoFormat.OfOurs(PayloadFormat.H264)), now: default);
        packets.Release();
    }
}
