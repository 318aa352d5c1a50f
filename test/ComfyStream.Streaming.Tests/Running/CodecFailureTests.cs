using ComfyStream.Media;

namespace ComfyStream.Streaming.Tests.Running;

/// <summary>Codecs that fail are replaced; viewers stay and see the picture again.</summary>
[Collection(OneRelayAtATime.Name)]
public sealed class CodecFailureTests
{
    private static readonly Film Dark = Film.Shoot(320, 240, luma: 120);

    [Fact]
    public async Task An_encoder_that_fails_is_replaced_until_one_works()
    {
        var codecs = new FailingCodecs();
        await using var test = new TestRelay(options => options with { Codecs = codecs, HoldTime = TimeSpan.FromSeconds(1) });
        Camera camera = await test.PublishAsync("cam", TestWorkflow.Paint(200));
        Viewer viewer = await test.WatchAsync("cam");
        await camera.PlayUntil(Dark, () => viewer.PictureCount >= 5, "the viewer sees the picture");
        int encoders = codecs.Encoders;

        codecs.FailEncoders = true;
        await TestRelay.Until(() => codecs.Encoders >= encoders + 2 && test.Stream("cam").Shows.StartsWith("slate", StringComparison.Ordinal), "the encoder was replaced in vain");
        Assert.Equal("encode: the encoder is broken", test.Stream("cam").Error);
        Assert.InRange(test.Stream("cam").Failures, 2, long.MaxValue);

        codecs.FailEncoders = false;
        await TestRelay.Until(() => test.Stream("cam").Shows == "live", "it works again");
        int before = viewer.PictureCount;
        await TestRelay.Until(() => viewer.PictureCount > before + 5, "the viewer sees it again");
        Assert.InRange(viewer.LastShown.Luma, 195, 205);
        Assert.Equal("", test.Stream("cam").Error);
        Assert.Single(test.Log.Lines, line => line == "Channel cam: encode: the encoder is broken");
    }

    [Fact]
    public async Task A_decoder_that_fails_asks_for_a_key_frame_and_goes_on()
    {
        var codecs = new FailingCodecs();
        await using var test = new TestRelay(options => options with { Codecs = codecs, HoldTime = TimeSpan.FromSeconds(1) });
        Camera camera = await test.PublishAsync("cam", TestWorkflow.Paint(200));
        Viewer viewer = await test.WatchAsync("cam");
        await camera.PlayUntil(Dark, () => viewer.PictureCount >= 5, "the viewer sees the picture");

        codecs.FailDecoders = true;
        await TestRelay.Until(() => test.Stream("cam").Error == "decode: the decoder is broken" && camera.KeyFrameRequests > 0, "the decoder fails");
        codecs.FailDecoders = false;
        int before = viewer.PictureCount;
        await TestRelay.Until(() => viewer.PictureCount > before + 10, "the viewer sees it again");
        Assert.InRange(viewer.LastShown.Luma, 195, 205);
    }

    /// <summary>The real codecs, which fail when they are told to.</summary>
    private sealed class FailingCodecs : ICodecFactory
    {
        private volatile bool _failEncoders;
        private volatile bool _failDecoders;
        private int _encoders;

        public bool FailEncoders
        {
            set => _failEncoders = value;
        }

        public bool FailDecoders
        {
            set => _failDecoders = value;
        }

        public int Encoders => Volatile.Read(ref _encoders);

        public IVideoDecoder CreateVideoDecoder(MediaCodec codec, VideoFramePool frames) =>
            new Decoder(this, CountingCodecs.Real.CreateVideoDecoder(codec, frames));

        public IVideoEncoder CreateVideoEncoder(MediaCodec codec, int width, int height, double framesPerSecond, int bitRate, EncodedFramePool frames)
        {
            Interlocked.Increment(ref _encoders);
            return new Encoder(this, CountingCodecs.Real.CreateVideoEncoder(codec, width, height, framesPerSecond, bitRate, frames));
        }

        private sealed class Decoder(FailingCodecs codecs, IVideoDecoder real) : IVideoDecoder
        {
            public bool TryWrite(EncodedFrame frame) => codecs._failDecoders ? throw new MediaException("the decoder is broken") : real.TryWrite(frame);

            public bool TryRead(out VideoFrame? frame) => real.TryRead(out frame);

            public void Dispose() => real.Dispose();
        }

        private sealed class Encoder(FailingCodecs codecs, IVideoEncoder real) : IVideoEncoder
        {
            public int Width => real.Width;

            public int Height => real.Height;

            public int BitRate
            {
                get => real.BitRate;
                set => real.BitRate = value;
            }

            // Slates are coded once, in a moment of their own, and not part of this.
            public bool TryEncode(VideoFrame frame, bool forceKeyFrame, out EncodedFrame? encoded) =>
                codecs._failEncoders && frame.LastArrival > TimeSpan.Zero ? throw new MediaException("the encoder is broken") : real.TryEncode(frame, forceKeyFrame, out encoded);

            public void Dispose() => real.Dispose();
        }
    }
}
