using ComfyStream.Media.Opus;

namespace ComfyStream.Media.Tests;

public sealed class OpusTests
{
    private const int Channels = OpusEncoder.ChannelCount;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Stereo_sound_comes_back_with_each_tone_on_its_own_side(bool isLowDelay)
    {
        EncodedFramePool pool = new();
        using OpusEncoder encoder = new(96_000, pool, isLowDelay);
        using OpusDecoder decoder = new();
        float[] input = new float[OpusEncoder.SamplesPerFrame * Channels];
        float[] output = new float[OpusDecoder.MaxSamplesPerPacket * Channels];
        List<float> left = [];
        List<float> right = [];
        for (int packet = 0; packet < 50; packet++)
        {
            Fill(input, packet, 440, 1000);
            EncodedFrame frame = encoder.Encode(input, TimeSpan.FromMilliseconds(20 * packet));
            Assert.Equal(MediaCodec.Opus, frame.Codec);
            Assert.Equal(TimeSpan.FromMilliseconds(20 * packet), frame.MediaTime);
            Assert.True(frame.IsKeyFrame);
            Assert.True(decoder.TryDecode(frame.Data, output, out int count));
            Assert.Equal(OpusEncoder.SamplesPerFrame, count);
            for (int i = 0; i < count && packet >= 10; i++)
            {
                left.Add(output[i * Channels]);
                right.Add(output[i * Channels + 1]);
            }

            frame.Release();
        }

        Assert.True(Power(left, 440) > 100 * Power(left, 1000), "left");
        Assert.True(Power(right, 1000) > 100 * Power(right, 440), "right");
        Assert.InRange(Math.Sqrt(Power(left, 440)), 0.25, 0.35);
        Assert.InRange(Math.Sqrt(Power(right, 1000)), 0.25, 0.35);
        Assert.Equal(0, pool.RentedCount);
    }

    [Fact]
    public void The_bit_rate_is_kept()
    {
        EncodedFramePool pool = new();
        using OpusEncoder encoder = new(64_000, pool);
        float[] input = new float[OpusEncoder.SamplesPerFrame * Channels];
        Random random = new(1);
        long bytes = 0;
        for (int packet = 0; packet < 100; packet++)
        {
            for (int i = 0; i < input.Length; i++)
                input[i] = random.NextSingle() * 0.4f - 0.2f;
            EncodedFrame frame = encoder.Encode(input, default);
            bytes += frame.ByteCount;
            frame.Release();
        }

        Assert.InRange(bytes * 8 / 2.0 / 64_000, 0.7, 1.3);
    }

    [Fact]
    public void Broken_packets_are_refused_and_the_next_sound_one_decodes()
    {
        EncodedFramePool pool = new();
        using OpusEncoder encoder = new(64_000, pool);
        using OpusDecoder decoder = new();
        float[] input = new float[OpusEncoder.SamplesPerFrame * Channels];
        float[] output = new float[OpusDecoder.MaxSamplesPerPacket * Channels];
        Fill(input, 0, 440, 1000);
        EncodedFrame frame = encoder.Encode(input, default);
        Assert.False(decoder.TryDecode([], output, out int count));
        Assert.Equal(0, count);
        Assert.False(decoder.TryDecode([0xff, 0xff], output, out _));
        Assert.False(decoder.TryDecode(frame.Data, output.AsSpan(0, 10), out _));
        Random random = new(5);
        for (int i = 0; i < 2000; i++)
        {
            byte[] packet = new byte[random.Next(1, 200)];
            random.NextBytes(packet);
            if (decoder.TryDecode(packet, output, out count))
                Assert.InRange(count, 1, OpusDecoder.MaxSamplesPerPacket);
        }

        Assert.True(decoder.TryDecode(frame.Data, output, out count));
        Assert.Equal(OpusEncoder.SamplesPerFrame, count);
        frame.Release();
    }

    [Fact]
    public void Encoding_and_decoding_allocate_no_managed_memory_once_warm()
    {
        EncodedFramePool pool = new();
        using OpusEncoder encoder = new(64_000, pool);
        using OpusDecoder decoder = new();
        float[] input = new float[OpusEncoder.SamplesPerFrame * Channels];
        float[] output = new float[OpusDecoder.MaxSamplesPerPacket * Channels];
        Fill(input, 0, 440, 1000);
        Run(20);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(100);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                EncodedFrame frame = encoder.Encode(input, default);
                decoder.TryDecode(frame.Data, output, out _);
                frame.Release();
            }
        }
    }

    [Fact]
    public void Other_than_20_milliseconds_and_impossible_bit_rates_are_refused()
    {
        EncodedFramePool pool = new();
        using OpusEncoder encoder = new(64_000, pool);
        Assert.Throws<ArgumentException>(() => encoder.Encode(new float[10], default));
        Assert.Throws<MediaException>(() => new OpusEncoder(-5, pool));
    }

    private static void Fill(float[] samples, int packet, double leftHertz, double rightHertz)
    {
        for (int i = 0; i < OpusEncoder.SamplesPerFrame; i++)
        {
            double time = (packet * OpusEncoder.SamplesPerFrame + i) / (double)OpusEncoder.SampleRate;
            samples[i * Channels] = (float)(0.3 * Math.Sin(2 * Math.PI * leftHertz * time));
            samples[i * Channels + 1] = (float)(0.3 * Math.Sin(2 * Math.PI * rightHertz * time));
        }
    }

    /// <summary>Squared amplitude of one frequency.</summary>
    private static double Power(List<float> samples, double hertz)
    {
        double cosine = 0;
        double sine = 0;
        for (int i = 0; i < samples.Count; i++)
        {
            double phase = 2 * Math.PI * hertz * i / OpusEncoder.SampleRate;
            cosine += samples[i] * Math.Cos(phase);
            sine += samples[i] * Math.Sin(phase);
        }

        return 4 * (cosine * cosine + sine * sine) / ((double)samples.Count * samples.Count);
    }
}
