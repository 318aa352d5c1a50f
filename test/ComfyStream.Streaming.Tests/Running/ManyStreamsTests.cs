namespace ComfyStream.Streaming.Tests.Running;

/// <summary>Streams share the workers and nothing else.</summary>
[Collection(OneRelayAtATime.Name)]
public sealed class ManyStreamsTests
{
    private static readonly Film Dark = Film.Shoot(320, 240, luma: 60);

    [Fact]
    public async Task Each_stream_runs_its_own_workflow_beside_the_others()
    {
        await using var test = new TestRelay();
        byte[] lumas = [100, 130, 160, 190, 220];
        var viewers = new Viewer[lumas.Length];
        for (int i = 0; i < lumas.Length; i++)
        {
            Camera camera = await test.PublishAsync($"cam{i}", TestWorkflow.Paint(lumas[i]));
            viewers[i] = await test.WatchAsync($"cam{i}");
            camera.Play(Dark);
        }

        await TestRelay.Until(() => viewers.All(viewer => viewer.PictureCount >= 20), "everybody has pictures");

        Assert.All(viewers.Index(), viewer => Assert.All(viewer.Item.Decode(), shown => Assert.InRange(shown.Luma, lumas[viewer.Index] - 5, lumas[viewer.Index] + 5)));
        Assert.All(test.Relay.Streams(), stream => Assert.Equal("", stream.Error));
    }

    [Fact]
    public async Task More_workflows_that_hang_than_there_are_workers_do_not_stop_the_other_streams()
    {
        using var mayGoOn = new ManualResetEventSlim();
        await using var test = new TestRelay();
        int hanging = Math.Min(Environment.ProcessorCount, 4) + 1;
        for (int i = 0; i < hanging; i++)
        {
            Camera camera = await test.PublishAsync($"hanging{i}", new TestWorkflow("hanging", frame =>
            {
                mayGoOn.Wait(TestRelay.Patience);
                return frame;
            }));
            await test.WatchAsync($"hanging{i}");
            camera.Play(Dark);
        }

        Camera good = await test.PublishAsync("good", TestWorkflow.Paint(200));
        Viewer viewer = await test.WatchAsync("good");
        await good.PlayUntil(Dark, () => viewer.PictureCount >= 20, "the stream that does not hang is seen");

        Assert.InRange(viewer.LastShown.Luma, 195, 205);
        mayGoOn.Set();
    }
}
