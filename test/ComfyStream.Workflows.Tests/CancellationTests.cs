using ComfyStream.Media;
using ComfyStream.Workflows.Models;
using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;
using ComfyStream.Workflows.Tests.Models;

namespace ComfyStream.Workflows.Tests;

/// <summary>A picture that takes too long can be cancelled from another thread.</summary>
public sealed class CancellationTests : IDisposable
{
    private const int Bright = 235;
    private const int Dark = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("models-").FullName;
    private readonly VideoFramePool _frames = new();
    private readonly ModelStore _models;

    public CancellationTests()
    {
        File.WriteAllBytes(Path.Combine(_folder, "selfie-segmentation-landscape.onnx"), OnnxModels.EndlessWhenBright(144, 256));
        _models = new ModelStore([_folder]);
    }

    public void Dispose()
    {
        Assert.Equal(0, _frames.RentedCount);
        _models.Dispose();
        _frames.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_model_that_does_not_end_is_ended_and_the_next_picture_is_processed()
    {
        using WorkflowProcessor processor = Start(Graphs.Shipped("background-blur"));
        processor.Process(Picture(Dark)).Return();
        for (int i = 0; i < 3; i++)
        {
            OperationCanceledException e = await CancelAsync(processor);
            Assert.Equal("node 2 (PersonSegmentation) took too long and was cancelled", e.Message);
            Assert.Equal(0, _frames.RentedCount);
            processor.Process(Picture(Dark)).Return();
        }
    }

    [Fact]
    public async Task Another_stream_on_the_same_model_is_not_touched()
    {
        using WorkflowProcessor hanging = Start(Graphs.Shipped("background-blur"));
        using WorkflowProcessor other = Start(Graphs.Shipped("background-blur"));
        other.Cancel();
        Task<VideoFrame> hangs = Task.Run(() => hanging.Process(Picture(Bright)), TestContext.Current.CancellationToken);
        for (int i = 0; i < 20; i++)
        {
            other.Process(Picture(Dark)).Return();
            other.Cancel();
        }

        Assert.False(hangs.IsCompleted);
        await CancelAsync(hanging, hangs);
        other.Process(Picture(Dark)).Return();
    }

    [Fact]
    public void Nothing_is_cancelled_between_two_pictures_nor_after_the_last()
    {
        WorkflowProcessor processor = Start(Graphs.Shipped("background-blur"));
        for (int i = 0; i < 3; i++)
        {
            processor.Cancel();
            processor.Process(Picture(Dark)).Return();
        }

        processor.Dispose();
        processor.Cancel();
    }

    [Fact]
    public async Task Managed_code_that_does_not_listen_is_followed_by_no_other_node()
    {
        using var entered = new ManualResetEventSlim();
        using var mayGoOn = new ManualResetEventSlim();
        int runs = 0;
        var slow = new ScriptedNode(() =>
        {
            entered.Set();
            mayGoOn.Wait(Patience);
        });
        var counting = new ScriptedNode(() => runs++);
        using WorkflowProcessor processor = Start(
            """
            {
              "1": { "class_type": "LoadTensor" },
              "2": { "class_type": "Slow", "inputs": { "image": ["1", 0] } },
              "3": { "class_type": "Counting", "inputs": { "image": ["2", 0] } },
              "4": { "class_type": "SaveTensor", "inputs": { "images": ["3", 0] } }
            }
            """,
            new NodeCatalog([LoadTensorNode.Descriptor, SaveTensorNode.Descriptor, Describe("Slow", slow), Describe("Counting", counting)]));

        Task<VideoFrame> picture = Task.Run(() => processor.Process(Picture(Dark)), TestContext.Current.CancellationToken);
        Assert.True(entered.Wait(Patience, TestContext.Current.CancellationToken));
        processor.Cancel();
        mayGoOn.Set();

        var e = await Assert.ThrowsAsync<OperationCanceledException>(() => picture);
        Assert.Equal("node 2 (Slow) took too long and was cancelled", e.Message);
        Assert.Equal(0, runs);
        processor.Process(Picture(Dark)).Return();
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task A_run_that_outlives_the_library_keeps_its_model()
    {
        WorkflowProcessor processor = Start(Graphs.Shipped("background-blur"));
        Task<VideoFrame> hangs = Task.Run(() => processor.Process(Picture(Bright)), TestContext.Current.CancellationToken);
        _models.Dispose();
        await CancelAsync(processor, hangs);
        processor.Process(Picture(Dark)).Return();
        processor.Dispose();
    }

    private static NodeDescriptor Describe(string classType, Node node) => new()
    {
        ClassType = classType,
        Inputs = [new LinkInput("image", LinkType.Image)],
        Outputs = [LinkType.Image],
        Overwritable = 0,
        Create = (_, _) => node,
    };

    private WorkflowProcessor Start(string json, NodeCatalog? catalog = null) => Graphs.Start(json, new NodeResources(_models, _frames, new RgbPicturePool()), catalog);

    private VideoFrame Picture(byte luma) => Pictures.Flat(_frames, 64, 64, luma, 128, 128);

    private Task<OperationCanceledException> CancelAsync(WorkflowProcessor processor) =>
        CancelAsync(processor, Task.Run(() => processor.Process(Picture(Bright))));

    /// <summary>Again and again, because the picture may not have begun.</summary>
    private static async Task<OperationCanceledException> CancelAsync(WorkflowProcessor processor, Task<VideoFrame> picture)
    {
        while (!picture.IsCompleted)
        {
            await Task.Delay(1);
            processor.Cancel();
        }

        return await Assert.ThrowsAnyAsync<OperationCanceledException>(() => picture);
    }

    private sealed class ScriptedNode(Action run) : Node
    {
        public override void Run(NodeContext context)
        {
            VideoFrame image = context.Image(0);
            context.Target(image.Width, image.Height);
            run();
        }
    }
}
