using ComfyStream.Media;
using ComfyStream.Workflows.Models;
using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests;

/// <summary>Branches of a graph that do not depend on one another.</summary>
public sealed class BranchTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const string TwoBranches =
        """
        {
          "in": { "class_type": "LoadTensor" },
          "a": { "class_type": "Left", "inputs": { "in0": ["in", 0] } },
          "a2": { "class_type": "ImageInvert", "inputs": { "image": ["a", 0] } },
          "b": { "class_type": "Right", "inputs": { "in0": ["in", 0] } },
          "b2": { "class_type": "ImageInvert", "inputs": { "image": ["b", 0] } },
          "c": { "class_type": "ImageCompositeMasked", "inputs": { "destination": ["a2", 0], "source": ["b2", 0] } },
          "out": { "class_type": "SaveTensor", "inputs": { "images": ["c", 0] } }
        }
        """;

    private readonly VideoFramePool _frames = new();
    private readonly RgbPicturePool _pictures = new();
    private readonly ModelStore _models = new([]);
    private readonly HashSet<int> _threads = [];
    private Action _left = () => { };
    private Action _right = () => { };

    public void Dispose()
    {
        Assert.Equal((0, 0), (_frames.RentedCount, _pictures.RentedCount));
        _models.Dispose();
        _frames.Dispose();
        _pictures.Dispose();
    }

    [Fact]
    public void They_are_found_and_end_where_they_meet()
    {
        WorkflowPlan plan = Graphs.Compile(TwoBranches, Catalog());
        Assert.Equal(["a", "a2", "b", "b2", "c"], plan.Steps.Select(step => step.Node.Id));
        Assert.Equal(["0,1 | 2,3", "4"], plan.Sections.Select(section => string.Join(" | ", section.Branches.Select(branch => string.Join(',', branch)))));
    }

    [Fact]
    public void A_branch_that_overwrites_what_another_one_reads_follows_on_it()
    {
        WorkflowPlan plan = Graphs.Compile(
            """
            {
              "in": { "class_type": "LoadTensor" },
              "a": { "class_type": "Left", "inputs": { "in0": ["in", 0] } },
              "b": { "class_type": "ImageInvert", "inputs": { "image": ["in", 0] } },
              "c": { "class_type": "ImageCompositeMasked", "inputs": { "destination": ["a", 0], "source": ["b", 0] } },
              "out": { "class_type": "SaveTensor", "inputs": { "images": ["c", 0] } }
            }
            """,
            Catalog());
        Assert.Equal(WorkflowPlan.InputSlot, plan.Steps[1].OverwrittenSlot);
        Assert.All(plan.Sections, section => Assert.Single(section.Branches));
    }

    [Fact]
    public void They_run_side_by_side_when_both_take_their_time()
    {
        using WorkflowProcessor processor = Start(threads: 1);
        Slow();
        Run(processor, 40);
        using var both = new Barrier(2);
        int met = 0;
        _left = _right = () => Interlocked.Add(ref met, both.SignalAndWait(Patience) ? 1 : 0);
        Run(processor, 5);
        Assert.Equal(10, met);
    }

    [Fact]
    public void They_run_one_after_another_when_they_are_quick_or_no_thread_is_idle()
    {
        using (WorkflowProcessor processor = Start(threads: 1))
        {
            _threads.Clear();
            Run(processor, 80);
            Assert.Single(_threads);
        }

        using (WorkflowProcessor processor = Start(threads: 0))
        {
            Slow();
            _threads.Clear();
            Run(processor, 40);
            Assert.Single(_threads);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_branch_throws_is_thrown_and_leaves_no_picture_out(bool left)
    {
        using WorkflowProcessor processor = Start(threads: 1);
        Slow();
        Run(processor, 40);
        for (int i = 0; i < 3; i++)
        {
            Action fails = () => throw new InvalidDataException("branch");
            _left = left ? fails : () => { };
            _right = left ? () => { } : fails;
            Assert.Throws<InvalidDataException>(() => processor.Process(_frames.Rent(64, 64)));
            Assert.Equal(0, _frames.RentedCount);
            _left = _right = () => { };
            Run(processor, 1);
        }
    }

    [Fact]
    public void Side_by_side_they_allocate_nothing()
    {
        using WorkflowProcessor processor = Start(threads: 1);
        Slow();
        Run(processor, 80);
        Assert.Equal(0, Allocated.By(() => Run(processor, 20)));
        Assert.InRange(_threads.Count, 2, 3);

        // On the other thread: between the first and the last run of its branch lies all that it does.
        long least = long.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            (int thread, int others, long first, long last) = (0, 0, 0, 0);
            _right = () =>
            {
                Thread.Sleep(2);
                last = GC.GetAllocatedBytesForCurrentThread();
                (thread, first) = thread == 0 ? (Environment.CurrentManagedThreadId, last) : (thread, first);
                others += thread == Environment.CurrentManagedThreadId ? 0 : 1;
            };
            Run(processor, 20);
            Assert.NotEqual(Environment.CurrentManagedThreadId, thread);
            Assert.Equal(0, others);
            least = Math.Min(least, last - first);
        }

        Assert.Equal(0, least);
    }

    private void Slow() => _left = _right = () => Thread.Sleep(2);

    private void Run(WorkflowProcessor processor, int count)
    {
        for (int i = 0; i < count; i++)
            processor.Process(_frames.Rent(64, 64)).Return();
    }

    private WorkflowProcessor Start(int threads) =>
        Graphs.Start(TwoBranches, new NodeResources(_models, _frames, _pictures) { Branches = new BranchPool(threads) }, Catalog());

    private NodeCatalog Catalog()
    {
        Action<NodeContext> picture = ScriptedNode.GivesPicture();
        LinkType[] image = [LinkType.Image];
        return new NodeCatalog(
            NodeCatalog.BuiltIn.Descriptors,
            [
                ScriptedNode.Describe("Left", new(), context => Run(context, _left), image, image),
                ScriptedNode.Describe("Right", new(), context => Run(context, _right), image, image),
            ]);

        void Run(NodeContext context, Action action)
        {
            lock (_threads)
                _threads.Add(Environment.CurrentManagedThreadId);
            action();
            picture(context);
        }
    }
}
