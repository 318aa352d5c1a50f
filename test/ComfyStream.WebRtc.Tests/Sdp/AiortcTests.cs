using System.Diagnostics;
using System.Text.Json;
using ComfyStream.WebRtc.Sdp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Sdp;

/// <summary>aiortc (Debian's python3-aiortc), the reference client, as the other end of our negotiation.</summary>
public sealed class AiortcTests
{
    /// <summary>Speaks one JSON value per line: commands in, results out.</summary>
    private const string Script = """
        import asyncio, json, os, sys
        from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
        from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack
        from aiortc.sdp import SessionDescription

        def read(): return json.loads(sys.stdin.readline())
        def write(value): print(json.dumps(value), flush=True)

        def leave(): os._exit(0)  # before it tries to connect

        def state(pc):
            return [[t.kind, t.mid, t.currentDirection] for t in pc.getTransceivers()]

        async def offer(mode):
            pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
            if mode == 'publish':
                pc.addTrack(AudioStreamTrack()); pc.addTrack(VideoStreamTrack())
            else:
                pc.addTransceiver('video', direction='recvonly'); pc.addTransceiver('audio', direction='recvonly')
            if mode == 'data': pc.createDataChannel('chat')
            await pc.setLocalDescription(await pc.createOffer())
            write(pc.localDescription.sdp)
            await pc.setRemoteDescription(RTCSessionDescription(read(), 'answer'))
            write(state(pc))
            leave()

        async def answer(mode):
            pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
            if mode == 'send':
                pc.addTrack(AudioStreamTrack()); pc.addTrack(VideoStreamTrack())
            await pc.setRemoteDescription(RTCSessionDescription(read(), 'offer'))
            await pc.setLocalDescription(await pc.createAnswer())
            write(pc.localDescription.sdp)
            leave()

        def parse():
            parsed = [SessionDescription.parse(sdp) for sdp in read()]
            write([[[m.kind, m.port, m.rtp.muxId, m.direction, m.ice.usernameFragment, m.ice.iceLite, m.dtls.role if m.dtls else None,
                     [c.mimeType for c in m.rtp.codecs], len(m.ice_candidates), str(m.msid), [g.items for g in m.ssrc_group], [s.ssrc for s in m.ssrc]] for m in d.media] for d in parsed])

        if sys.argv[1] == 'parse': parse()
        else: asyncio.run(globals()[sys.argv[1]](sys.argv[2]))
        """;

    [Theory]
    [InlineData("publish", MediaRole.Receive, "sendonly", 2)]
    [InlineData("view", MediaRole.Send, "recvonly", 2)]
    [InlineData("data", MediaRole.Send, "recvonly", 3)]
    public void Aiortc_applies_our_answer_to_its_offer(string mode, MediaRole role, string direction, int sections)
    {
        using var aiortc = new PythonPeer("offer", mode);
        string offer = aiortc.Read<string>();
        NegotiationResult.Success result = SdpTest.Accept(offer, SdpTest.AnswerOptions(role));
        Assert.Equal(sections, new AnswerText(result.AnswerSdp).Sections.Count);
        aiortc.Write(result.AnswerSdp);
        string[][] transceivers = aiortc.Read<string[][]>();
        Assert.Equal(["audio", "video"], transceivers.Select(transceiver => transceiver[0]).Order());
        Assert.All(transceivers, transceiver => Assert.Equal(direction, transceiver[2]));
    }

    [Theory]
    [InlineData("send", MediaRole.Receive)]
    [InlineData("receive", MediaRole.Send)]
    public void We_accept_aiortcs_answer_to_our_offer(string mode, MediaRole role)
    {
        OfferOptions options = SdpTest.OfferOptions(role);
        SessionDescription offer = Negotiator.CreateOffer(options);
        using var aiortc = new PythonPeer("answer", mode);
        aiortc.Write(offer.ToString());
        NegotiationResult result = Negotiator.AcceptAnswer(offer, options, aiortc.Read<string>());
        NegotiationResult.Success success = Assert.IsType<NegotiationResult.Success>(result);
        Assert.Equal(2, success.Session.Media.Count);
        Assert.All(success.Session.Media, media => Assert.Equal(role == MediaRole.Send, media.Send));
        Assert.All(success.Session.Media, media => Assert.Equal(role == MediaRole.Receive, media.RemoteSsrc is not null));
    }

    [Fact]
    public void Aiortcs_parser_reads_our_answers_as_we_mean_them()
    {
        string[] names = [.. OfferCorpus.Names];
        string[] answers = [.. names.Select(name => SdpTest.Accept(OfferCorpus.Get(name), SdpTest.AnswerOptions(OfferCorpus.Role(name))).AnswerSdp)];
        using var aiortc = new PythonPeer("parse", "");
        aiortc.Write(answers);
        JsonElement[][][] parsed = aiortc.Read<JsonElement[][][]>();
        foreach ((string name, JsonElement[][] sections) in names.Zip(parsed))
        {
            bool send = OfferCorpus.Role(name) == MediaRole.Send;
            Assert.All(sections.Where(section => section[1].GetInt32() != 0), section =>
            {
                Assert.Equal(send ? "sendonly" : "recvonly", section[3].GetString());
                Assert.Equal(SdpTest.OurIce.UserFragment, section[4].GetString());
                Assert.True(section[5].GetBoolean());
                Assert.Equal(name.StartsWith("FFmpeg", StringComparison.Ordinal) ? "client" : "server", section[6].GetString());
                string[] codecs = section[0].GetString() == "audio" ? ["audio/opus"] : ["video/h264", "video/rtx"];
                string[] mimes = [.. section[7].EnumerateArray().Select(mime => mime.GetString()!.ToLowerInvariant())];
                Assert.Subset(codecs.ToHashSet(), mimes.ToHashSet());
                Assert.Equal(codecs[0], mimes[0]);

                // The source that it takes retransmissions from: it looks at the second one, if there are two.
                bool withRtx = send && mimes.Contains("video/rtx");
                Assert.Equal(withRtx ? "[[2002,3003]]" : "[]", section[10].GetRawText().Replace(" ", ""));
                Assert.Equal(withRtx ? 2 : send ? 1 : 0, section[11].GetArrayLength());
                Assert.Equal(send ? $"relay-stream {section[0]}" : "None", section[9].GetString());
            });
            Assert.Equal(3, sections.First(section => section[1].GetInt32() != 0)[8].GetInt32());
        }
    }

    private sealed class PythonPeer : IDisposable
    {
        private readonly Process _process;

        public PythonPeer(params string[] arguments)
        {
            var start = new ProcessStartInfo("/usr/bin/python3") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (string argument in (string[])["-c", Script, .. arguments])
                start.ArgumentList.Add(argument);

            _process = Process.Start(start)!;
        }

        public void Write<T>(T value)
        {
            _process.StandardInput.WriteLine(JsonSerializer.Serialize(value));
            _process.StandardInput.Flush();
        }

        public T Read<T>()
        {
            Task<string?> line = _process.StandardOutput.ReadLineAsync();
            if (!line.Wait(TimeSpan.FromSeconds(60)))
                Assert.Fail("aiortc said nothing for 60 s.");

            if (line.Result is null)
                Assert.Fail("aiortc (apt: python3-aiortc) failed: " + _process.StandardError.ReadToEnd());

            return JsonSerializer.Deserialize<T>(line.Result!)!;
        }

        public void Dispose()
        {
            if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
                _process.Kill();

            _process.Dispose();
        }
    }
}
