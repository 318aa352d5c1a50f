using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Tests.Dtls;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Packetization;

/// <summary>aiortc (Debian's python3-aiortc) as the other end of our VP8: its encoder's packets in, ours into its decoder.</summary>
public sealed class Vp8PeerTests
{
    private const int Pictures = 12;

    /// <summary>Prints each encoded picture's payloads in hex, then decodes the pictures whose payloads it is given.</summary>
    private const string Script = """
        import fractions, sys
        import av, numpy
        from aiortc.codecs.vpx import Vp8Decoder, Vp8Encoder, VpxPayloadDescriptor, vp8_depayload
        from aiortc.jitterbuffer import JitterFrame

        encoder, decoder, noise = Vp8Encoder(), Vp8Decoder(), numpy.random.default_rng(1)
        for i in range(12):
            frame = av.VideoFrame.from_ndarray(noise.integers(0, 256, (240, 320, 3), dtype=numpy.uint8), format='rgb24')
            frame.pts, frame.time_base = i * 3000, fractions.Fraction(1, 90000)
            payloads, _ = encoder.encode(frame, force_keyframe=i == 6)
            print('picture', *[p.hex() for p in payloads], flush=True)
        for i in range(12):
            payloads = [bytes.fromhex(p) for p in sys.stdin.readline().split()]
            numbers = {VpxPayloadDescriptor.parse(p)[0].picture_id for p in payloads}
            frames = decoder.decode(JitterFrame(data=b''.join(vp8_depayload(p) for p in payloads), timestamp=i * 3000))
            print('decoded', *numbers, *[f'{f.width}x{f.height}' for f in frames], flush=True)
        """;

    [Fact]
    public void Aiortcs_pictures_are_read_and_aiortc_decodes_them_as_we_packetize_them()
    {
        using var aiortc = new ToolProcess("/usr/bin/python3", "-c", Script);
        Vp8Packetizer packetizer = new(0x7FFA);
        List<byte[]> pictures = [];
        for (int i = 0; i < Pictures; i++)
        {
            string[] payloads = aiortc.TakeLine("picture").Split(' ')[1..];
            Assert.True(payloads.Length > 1);
            pictures.Add(Depacketize(payloads, out bool isKeyFrame));
            Assert.Equal(i is 0 or 6, isKeyFrame);
        }

        for (int i = 0; i < Pictures; i++)
        {
            PacketizedFrame frame = new(_ => { });
            frame.Begin(MediaKind.Video, default, isKeyFrame: false, default);
            packetizer.Packetize(pictures[i], frame);
            aiortc.WriteLine(string.Join(' ', Enumerable.Range(0, frame.PacketCount).Select(packet => Convert.ToHexString(frame.GetPayload(packet)))));
            Assert.Equal($"decoded {(0x7FFA + i) & 0x7FFF} 320x240", aiortc.TakeLine("decoded"));
        }
    }

    private static byte[] Depacketize(string[] payloads, out bool isKeyFrame)
    {
        byte[] memory = new byte[200_000];
        Vp8Depacketizer depacketizer = new(memory);
        foreach (string payload in payloads)
            Assert.True(depacketizer.TryAdd(Convert.FromHexString(payload)));
        isKeyFrame = depacketizer.IsKeyFrame;
        return memory[..depacketizer.ByteCount];
    }
}
