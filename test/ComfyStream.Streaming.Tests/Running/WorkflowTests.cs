using System.Globalization;
using ComfyStream.Client;
using ComfyStream.Media;
using ComfyStream.Streaming.Pipeline;

namespace ComfyStream.Streaming.Tests.Running;

[Collection(OneRelayAtATime.Name)]
public sealed class WorkflowTests
{
    private static readonly Film Dark = Film.Shoot(320, 240, luma: 60);
    private static readonly Film Small = Film.Shoot(176, 144, luma: 60);

    [Fact]
    public async Task A_workflow_changes_pictures_and_they_are_encoded_once_for_all_viewers()
    {
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam", TestWorkflow.Paint(200));
        Viewer[] viewers = [await test.WatchAsync("cam"), await test.WatchAsync("cam"), await test.WatchAsync("cam")];

        await camera.PlayUntil(Dark, () => viewers.All(viewer => viewer.PictureCount >= 20), "all viewers have pictures");

        Assert.All(viewers, viewer => Assert.All(viewer.Decode(), picture =>
        {
            Assert.Equal((320, 240), (picture.Width, picture.Height));
            Assert.InRange(picture.Luma, 195, 205);
        }));
        Assert.Equal((1, 1), (test.Codecs.Decoders, test.Codecs.Encoders));
        byte[][] Begin(Viewer viewer) => [.. viewer.Pictures.Take(20).Select(picture => picture.Data)];
        Assert.Equal(Begin(viewers[0]), Begin(viewers[1]));
        Assert.Equal(Begin(viewers[0]), Begin(viewers[2]));
        Assert.Equal((320, 240), (test.Stream("cam").Width, test.Stream("cam").Height));
    }

    [Fact]
    public async Task Threads_that_compute_pictures_give_way_to_those_that_send()
    {
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam", TestWorkflow.Paint(200));
        Viewer viewer = await test.WatchAsync("cam");
        await camera.PlayUntil(Dark, () => viewer.PictureCount > 0, "the viewer has a picture");

        (string Name, int Niceness)[] threads = [.. Directory.EnumerateDirectories("/proc/self/task").Select(ReadThread)];

        string[] computing = ["decode-", "infer-", "encode-"];
        Assert.All(computing, prefix => Assert.Contains(threads, thread => thread.Name.StartsWith(prefix, StringComparison.Ordinal)));
        Assert.All(threads, thread =>
        {
            if (Array.Exists(computing, prefix => thread.Name.StartsWith(prefix, StringComparison.Ordinal)))
                Assert.Equal(PipelineThread.Niceness, thread.Niceness);
            else if (thread.Name.StartsWith("net-", StringComparison.Ordinal))
                Assert.Equal(0, thread.Niceness);
        });

        // Its name stands in parentheses; the nice value is the 19th field, the 17th after it (proc_pid_stat(5)).
        static (string Name, int Niceness) ReadThread(string folder)
        {
            string stat;
            try
            {
                stat = File.ReadAllText($"{folder}/stat");
            }
            catch (IOException)
            {
                return ("", 0);
            }

            int end = stat.LastIndexOf(')');
            return (stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..end], int.Parse(stat[(end + 2)..].Split(' ')[16], CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public async Task Sound_goes_past_the_workflow_as_it_came()
    {
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam", TestWorkflow.Paint(200));
        Viewer viewer = await test.WatchAsync("cam");
        int sounds = 0;

        // A sound is let go by a later one, when the pictures' delay has passed.
        await TestRelay.Until(
            () =>
            {
                camera.WriteSound([0xF8, (byte)sounds++]);
                return viewer.Sounds.Count >= 5;
            },
            "sounds arrive");

        Assert.All(viewer.Sounds.Index(), sound => Assert.Equal([0xF8, (byte)(viewer.Sounds[0][1] + sound.Index)], sound.Item));
    }

    [Fact]
    public async Task Pictures_of_another_size_in_the_middle_of_a_stream_reach_the_viewers()
    {
        await using var test = new TestRelay();
        Viewer viewer = await test.WatchAsync("cam");
        Camera camera = await test.PublishAsync("cam", TestWorkflow.Paint(200));
        await camera.PlayUntil(Dark, () => viewer.PictureCount >= 5, "the viewer has large pictures");

        await camera.PlayUntil(Small, () => test.Stream("cam").Width == 176, "the workflow has small pictures");
        int before = viewer.PictureCount;
        await TestRelay.Until(() => viewer.PictureCount >= before + 10, "the viewer has more pictures");

        IReadOnlyList<Viewer.Shown> shown = viewer.Decode();
        Assert.Equal((320, 240), (shown[0].Width, shown[0].Height));
        Assert.Equal((176, 144), (shown[^1].Width, shown[^1].Height));
        Assert.All(shown, picture => Assert.InRange(picture.Luma, 195, 205));
        Assert.Equal(2, test.Codecs.Encoders);
    }

    [Fact]
    public async Task A_workflow_that_fails_on_some_pictures_costs_those_pictures_and_says_why()
    {
        int pictures = 0;
        var workflow = new TestWorkflow("sometimes", frame => pictures++ % 3 == 1
            ? throw new InvalidOperationException("the node ImageInvert (#7) is out of paint")
            : TestWorkflow.Fill(frame, 200));
        await using var test = new TestRelay();
        Viewer viewer = await test.WatchAsync("cam");
        Camera camera = await test.PublishAsync("cam", workflow);

        await camera.PlayUntil(Dark, () => viewer.PictureCount >= 20 && test.Stream("cam").FailedFrames >= 5, "the stream goes on");

        Assert.Equal("workflow: the node ImageInvert (#7) is out of paint", test.Stream("cam").Error);
        Assert.All(viewer.Decode(), picture => Assert.InRange(picture.Luma, 195, 205));
        Assert.Single(test.Log.Lines, line => line.Contains("out of paint", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_encoder_that_fails_is_replaced()
    {
        var codecs = new FailingCodecs();
        await using var test = new TestRelay(options => options with { Codecs = codecs });
        Viewer viewer = await test.WatchAsync("cam");
        Camera camera = await test.PublishAsync("cam", TestWorkflow.Paint(200));

        await camera.PlayUntil(Dark, () => viewer.PictureCount >= 10, "the viewer has pictures");

        Assert.Equal("encode: the encoder is tired", test.Stream("cam").Error);
        Assert.All(viewer.Decode(), picture => Assert.InRange(picture.Luma, 195, 205));
        Assert.True(codecs.Encoders >= 2);
    }

    [Fact]
    public async Task A_workflow_slower_than_the_camera_costs_pictures_not_latency()
    {
        const int Waiting = 60;
        using var mayGoOn = new SemaphoreSlim(0);
        var seen = new List<TimeSpan>();
        var workflow = new TestWorkflow("slow", frame =>
        {
            lock (seen)
                seen.Add(frame.MediaTime);
            mayGoOn.Wait(TestRelay.Patience);
            return frame;
        });
        await using var test = new TestRelay();
        Viewer viewer = await test.WatchAsync("cam");
        Camera camera = await test.PublishAsync("cam", workflow);
        Film film = Film.Shoot(320, 240, luma: 60, count: Waiting + 2);
        camera.Write(film.Units[0], isKeyFrame: true);
        await TestRelay.Until(() => workflow.Pictures == 1, "the workflow has its first picture");

        // While it is busy with the first one the next ones take each other's place.
        for (int i = 0; i < Waiting; i++)
        {
            camera.Write(film.Units[1 + i], isKeyFrame: false);
            int replaced = i;
            await TestRelay.Until(() => test.Stream("cam").ReplacedFrames == replaced, $"{replaced} pictures were replaced");
            Assert.InRange(test.Relay.RentedBuffers.VideoFrames, 1, 4);
        }

        mayGoOn.Release();
        await TestRelay.Until(() => viewer.PictureCount == 1, "the viewer has the first picture");
        mayGoOn.Release();
        await TestRelay.Until(() => viewer.PictureCount == 2, "the viewer has two pictures");
        Assert.Equal(2, workflow.Pictures);
        Assert.Equal((2, Waiting - 1, 0), ((int)test.Stream("cam").ProcessedFrames, (int)test.Stream("cam").ReplacedFrames, (int)test.Stream("cam").FailedFrames));

        // The second picture is the newest: nothing comes after it.
        Assert.True(test.Publishers[0].FramesReceived == Waiting + 1);
        Assert.True(seen[1] > seen[0]);
        camera.Write(film.Units[^1], isKeyFrame: false);
        await TestRelay.Until(() => workflow.Pictures == 3, "the workflow has the next picture");
        mayGoOn.Release(1000);
    }

    [Fact]
    public async Task While_nobody_watches_neither_model_nor_encoder_run_and_a_viewer_starts_with_a_key_frame()
    {
        TestWorkflow workflow = TestWorkflow.Paint(200);
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam", workflow);
        await camera.PlayUntil(Dark, () => camera.Pictures > 30 && test.Stream("cam").ProcessedFrames > 0, "the stream runs");
        int warmUp = workflow.Pictures;
        await TestRelay.Until(() => camera.Pictures > 60, "the camera goes on");
        Assert.InRange(workflow.Pictures, warmUp, warmUp + 1);

        Viewer viewer = await test.WatchAsync("cam");
        await TestRelay.Until(() => viewer.PictureCount >= 5, "the viewer has pictures");
        Assert.True(viewer.Pictures[0].IsKeyFrame);
        Assert.Equal(0, test.Viewers[0].FramesDropped);
        Assert.All(viewer.Decode(), picture => Assert.InRange(picture.Luma, 195, 205));
        Assert.Equal(1, test.Codecs.Encoders);

        await viewer.DisposeAsync();
        await TestRelay.Until(() => test.Viewers.Count == 0, "the viewer has gone");
        int after = workflow.Pictures;
        int filmed = camera.Pictures;
        await TestRelay.Until(() => camera.Pictures > filmed + 30, "the camera goes on");
        Assert.InRange(workflow.Pictures, after, after + 1);
    }

    [Fact]
    public async Task A_viewer_who_comes_after_a_time_without_viewers_is_not_shown_what_the_others_saw()
    {
        byte luma = 200;
        var workflow = new TestWorkflow("painter", frame => TestWorkflow.Fill(frame, Volatile.Read(ref luma)));
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam", workflow);
        Viewer first = await test.WatchAsync("cam");
        await camera.PlayUntil(Dark, () => first.PictureCount >= 5, "the first viewer has pictures");
        await first.DisposeAsync();
        await TestRelay.Until(() => test.Viewers.Count == 0, "it has gone");
        int after = camera.Pictures;
        await TestRelay.Until(() => camera.Pictures > after + 10, "the camera goes on");
        Volatile.Write(ref luma, 100);

        Viewer second = await test.WatchAsync("cam");
        await TestRelay.Until(() => second.PictureCount >= 5, "the second viewer has pictures");

        Assert.True(second.Pictures[0].IsKeyFrame);
        Assert.All(second.Decode(), picture => Assert.InRange(picture.Luma, 95, 105));
    }

    [Fact]
    public async Task A_viewer_of_sound_alone_does_not_make_the_model_run()
    {
        TestWorkflow workflow = TestWorkflow.Paint(200);
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam", workflow);
        await test.WatchAsync("cam", video: false);
        await camera.PlayUntil(Dark, () => test.Stream("cam").ProcessedFrames > 0, "the stream runs");
        int warmUp = workflow.Pictures;

        int filmed = camera.Pictures;
        await TestRelay.Until(() => camera.Pictures > filmed + 30, "the camera goes on");

        Assert.InRange(workflow.Pictures, warmUp, warmUp + 1);
    }

    [Fact]
    public async Task Without_codecs_a_workflow_is_refused_with_what_to_do_and_passthrough_works()
    {
        await using var test = new TestRelay(options => options with { Codecs = null });

        var refusal = await Assert.ThrowsAsync<ConnectionException>(() => test.PublishAsync("cam", TestWorkflow.Paint(200)));
        Assert.Contains("Workflow 'paint' cannot run here", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("./comfystream setup", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("passthrough", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(test.Relay.Streams());

        Camera camera = await test.PublishAsync("cam");
        Viewer viewer = await test.WatchAsync("cam");
        camera.Write(Dark.Units[0], isKeyFrame: true);
        await TestRelay.Until(() => viewer.PictureCount == 1, "the viewer has the picture");
    }

    [Fact]
    public async Task A_workflow_that_cannot_start_is_refused_with_its_reason_and_leaves_nothing()
    {
        await using var test = new TestRelay();
        var missing = new TestWorkflow("depth", frame => frame) { OnCreate = () => throw new MediaException("the model depth.onnx is missing: run ./comfystream model pull depth") };
        var broken = new TestWorkflow("bug", frame => frame) { OnCreate = () => throw new InvalidOperationException("a bug") };

        var refusal = await Assert.ThrowsAsync<ConnectionException>(() => test.PublishAsync("cam", missing));
        Assert.Contains("Workflow 'depth' cannot run here: the model depth.onnx is missing: run ./comfystream model pull depth", refusal.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => test.PublishAsync("cam", broken));

        Assert.Empty(test.Relay.Streams());
        Assert.Empty(test.Publishers);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_section_that_the_workflow_does_not_fill_is_answered_inactive_and_says_why(bool isSoundMissing)
    {
        var workflow = new TestWorkflow("half", frame => TestWorkflow.Fill(frame, 200)) { HasAudioOutput = !isSoundMissing, HasVideoOutput = isSoundMissing };
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam", workflow);

        Viewer viewer = await test.WatchAsync("cam");

        SessionSnapshot session = Assert.Single(test.Viewers);
        Assert.Equal((isSoundMissing, !isSoundMissing), (session.HasVideo, session.HasAudio));
        string expected = $"workflow 'half' of channel 'cam' gives no {(isSoundMissing ? "sound" : "picture")}";
        Assert.Contains(session.Notes, note => note.Contains(expected, StringComparison.Ordinal));
        Assert.Contains(test.Log.Lines, line => line.Contains(expected, StringComparison.Ordinal));

        camera.Play(Dark);
        for (int i = 0; i < 20; i++)
            camera.WriteSound([0xF8, (byte)i]);
        await TestRelay.Until(() => isSoundMissing ? viewer.PictureCount > 3 : viewer.Sounds.Count > 3, "the other section is filled");
        Assert.Empty(isSoundMissing ? viewer.Sounds : viewer.Pictures.Select(picture => picture.Data));
    }

    [Fact]
    public async Task Sound_that_the_next_publishers_workflow_does_not_give_stops_for_those_who_watch_already()
    {
        await using var test = new TestRelay();
        Viewer viewer = await test.WatchAsync("cam");
        Camera first = await test.PublishAsync("cam");
        first.WriteSound([0xF8, 1]);
        await TestRelay.Until(() => viewer.Sounds.Count == 1, "the viewer hears the first publisher");

        Camera second = await test.PublishAsync("cam", new TestWorkflow("mute", frame => TestWorkflow.Fill(frame, 200)) { HasAudioOutput = false });
        for (int i = 0; i < 20; i++)
            second.WriteSound([0xF8, 2]);
        await second.PlayUntil(Dark, () => viewer.PictureCount > 10, "the viewer sees the second publisher");

        Assert.Single(viewer.Sounds);
    }

    private sealed class FailingCodecs : ICodecFactory
    {
        private readonly CountingCodecs _real = new();

        public int Encoders => _real.Encoders;

        public IVideoDecoder CreateVideoDecoder(MediaCodec codec, VideoFramePool frames) => _real.CreateVideoDecoder(codec, frames);

        public IVideoEncoder CreateVideoEncoder(MediaCodec codec, int width, int height, double framesPerSecond, int bitRate, EncodedFramePool frames)
        {
            IVideoEncoder encoder = _real.CreateVideoEncoder(codec, width, height, framesPerSecond, bitRate, frames);
            return _real.Encoders == 1 ? new FailingEncoder(encoder) : encoder;
        }
    }

    private sealed class FailingEncoder(IVideoEncoder real) : IVideoEncoder
    {
        private int _pictures;

        public int Width => real.Width;

        public int Height => real.Height;

        public int BitRate
        {
            get => real.BitRate;
            set => real.BitRate = value;
        }

        public bool TryEncode(VideoFrame frame, bool forceKeyFrame, out EncodedFrame? encoded) =>
            ++_pictures == 3 ? throw new MediaException("the encoder is tired") : real.TryEncode(frame, forceKeyFrame, out encoded);

        public void Dispose() => real.Dispose();
    }
}
