namespace ComfyStream.Cli.Tests;

public sealed class WorkflowCommandTests : IDisposable
{
    private readonly string _workspace = Directory.CreateTempSubdirectory("workspace-").FullName;

    public void Dispose() => Directory.Delete(_workspace, recursive: true);

    [Fact]
    public async Task List_shows_those_that_ship_and_those_of_the_workspace()
    {
        Write(
            "workflows/mine.json",
            """{"1":{"class_type":"LoadTensor"},"2":{"class_type":"SaveTensor","inputs":{"images":["1",0]},"_meta":{"description":"My own."}}}""");
        (int code, string output, string errors) = await RunAsync("list");
        Assert.Equal((0, ""), (code, errors));
        Assert.Matches(@"(?m)^background-blur +\S.*\.$", output);
        Assert.Matches(@"(?m)^mine +My own\.$", output);
    }

    [Fact]
    public async Task Validate_tells_all_problems_and_ends_with_1()
    {
        string file = Write("bad.json", """{"1":{"class_type":"LoadTensor"},"2":{"class_type":"ImageInvrt"},"3":{"class_type":"GaussianBlur","inputs":{"image":["9",0],"sigma":-1}}}""");
        (int code, string output, string errors) = await RunAsync("validate", file);
        Assert.Equal((1, ""), (code, output));
        Assert.Equal(
            [
                $"{file}: missing output: add a SaveTensor node",
                "node 2 (ImageInvrt): there is no such node class here; did you mean ImageInvert?",
                "node 3 (GaussianBlur), input image: links to node 9, which does not exist",
                "node 3 (GaussianBlur), input sigma: -1 does not fit; give a number from 0.1 to 100 (default 7)",
            ],
            errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Validate_finds_that_a_picture_is_missing()
    {
        string file = Write(
            "still.json",
            """
            {
              "1": { "class_type": "PrimaryInputLoadImage" },
              "2": { "class_type": "LoadImage", "inputs": { "image": "studio.png" } },
              "3": { "class_type": "ImageCompositeMasked", "inputs": { "destination": ["2", 0], "source": ["1", 0] } },
              "4": { "class_type": "SaveTensor", "inputs": { "images": ["3", 0] } }
            }
            """);
        (int code, _, string errors) = await RunAsync("validate", file);
        Assert.Equal(1, code);
        Assert.Equal($"{file}: node 2 (LoadImage): the picture studio.png is not in the workspace's input folder; put it there", errors.TrimEnd());
    }

    [Fact]
    public async Task Validate_ends_with_0_when_all_is_fine() => Assert.Equal((0, "invert is fine.\n", ""), await RunAsync("validate", "invert"));

    [Fact]
    public async Task Explain_shows_the_plan()
    {
        string file = Write(
            "all.json",
            """
            {
              "in": { "class_type": "PrimaryInputLoadImage" },
              "still": { "class_type": "LoadImage", "inputs": { "image": "a.png" } },
              "sigma": { "class_type": "PrimitiveFloat", "inputs": { "value": 3 } },
              "soft": { "class_type": "GaussianBlur", "inputs": { "image": ["in", 0], "sigma": ["sigma", 0] } },
              "same": { "class_type": "GaussianBlur", "inputs": { "image": ["in", 0], "sigma": 3 } },
              "both": { "class_type": "ImageCompositeMasked", "inputs": { "destination": ["soft", 0], "source": ["still", 0], "mask": ["still", 1] } },
              "again": { "class_type": "ImageCompositeMasked", "inputs": { "destination": ["both", 0], "source": ["same", 0], "x": 8 } },
              "idle": { "class_type": "ImageInvert", "inputs": { "image": ["in", 0] } },
              "out": { "class_type": "SaveTensor", "inputs": { "images": ["again", 0] } }
            }
            """);
        (int code, string output, string errors) = await RunAsync("explain", file);
        Assert.Equal((0, ""), (code, errors));
        Assert.Equal(
            [
                "Once, before the first picture:",
                "    2. LoadImage (still)                    RGB   gives IMAGE, MASK",
                "    3. RGB to I420 (still)                        reads step 2; gives IMAGE",
                "For every picture:",
                "    1. GaussianBlur (soft)                  I420  reads the stream's picture; gives IMAGE; overwrites the stream's picture",
                "    4. ImageCompositeMasked (both)          I420  reads step 1, step 3, step 2; gives IMAGE",
                "    5. ImageCompositeMasked (again)         I420  reads step 4, step 1; gives IMAGE; overwrites step 4",
                "The result is that of step 5. The input is never shown in its place.",
                "0 conversions for every picture; 2 steps in place.",
                "Nodes in I420 that can work in RGB do so should their pictures turn out to have odd sizes.",
                "Folded: node sigma (PrimitiveFloat) into node soft (GaussianBlur).",
                "Merged: node same (GaussianBlur) gives the same as node soft (GaussianBlur).",
                "Left out: node idle (ImageInvert); the result does not depend on it.",
            ],
            output.TrimEnd().Split('\n')[1..]);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_workspace, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments) =>
        ComfyStreamProcess.RunAsync(["workflow", .. arguments, "--workspace", _workspace]);
}
