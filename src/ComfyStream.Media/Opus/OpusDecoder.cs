namespace ComfyStream.Media.Opus;

/// <summary>Decodes Opus packets to 48 kHz stereo, whatever the sender's channels. Owned by one thread.</summary>
public sealed unsafe class OpusDecoder : IDisposable
{
    /// <summary>Most samples per channel that one packet holds: 120 ms.</summary>
    public const int MaxSamplesPerPacket = OpusEncoder.SampleRate * 120 / 1000;

    private nint _decoder;

    /// <summary>Makes a decoder.</summary>
    /// <exception cref="MediaException">libopus is not installed.</exception>
    public OpusDecoder()
    {
        OpusLibrary.EnsureLoaded();
        int error;
        _decoder = OpusLibrary.opus_decoder_create(OpusEncoder.SampleRate, OpusEncoder.ChannelCount, &error);
        OpusLibrary.ThrowIfNegative(error, "making a decoder");
    }

    /// <summary>Decodes a packet into interleaved samples. False when it is broken or <paramref name="samples"/> is too short for it.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="samples">Room for left and right by turns; twice <see cref="MaxSamplesPerPacket"/> is always enough.</param>
    /// <param name="samplesPerChannel">How many samples of each channel were written.</param>
    public bool TryDecode(ReadOnlySpan<byte> packet, Span<float> samples, out int samplesPerChannel)
    {
        samplesPerChannel = 0;

        // An empty packet would mean a lost one to libopus, which it conceals.
        if (packet.IsEmpty)
            return false;
        int result;
        fixed (byte* data = packet)
        fixed (float* start = samples)
            result = OpusLibrary.opus_decode_float(_decoder, data, packet.Length, start, samples.Length / OpusEncoder.ChannelCount, 0);
        samplesPerChannel = Math.Max(result, 0);
        return result > 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_decoder != 0)
            OpusLibrary.opus_decoder_destroy(_decoder);
        _decoder = 0;
    }
}
