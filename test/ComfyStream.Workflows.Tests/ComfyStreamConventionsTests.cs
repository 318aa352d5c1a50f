namespace ComfyStream.Workflows.Tests;

public sealed class ComfyStreamConventionsTests
{
    [Theory]
    [InlineData("PrimaryInputLoadImage", "PreviewImage")]
    [InlineData("LoadImage", "SaveImage")]
    [InlineData("LoadTensor", "SaveTensor")]
    public void Nodes_for_stills_stand_for_the_streams_input_and_output(string input, string output)
    {
        string json = $$$"""
            {
              "1": { "class_type": "{{{input}}}", "inputs": { "image": "example.png", "upload": "image" } },
              "2": { "class_type": "ImageInvert", "inputs": { "image": ["1", 0] } },
              "3": { "class_type": "{{{output}}}", "inputs": { "images": ["2", 0], "filename_prefix": "ComfyUI" } }
            }
            """;
        Assert.Empty(Graphs.ProblemsOf(json));
        Assert.Equal(["2"], Graphs.Compile(json).Steps.Select(step => step.Node.Id));
    }

    [Fact]
    public void A_LoadImage_beside_a_primary_input_stays_a_LoadImage() =>
        Assert.Equal(
            ["2"],
            Graphs.Compile(
                """{"1":{"class_type":"PrimaryInputLoadImage"},"2":{"class_type":"LoadImage","inputs":{"image":"a.png"}},"3":{"class_type":"SaveTensor","inputs":{"images":["2",0]}}}""")
                .Steps.Where(step => step.Node.Descriptor.ClassType == "LoadImage").Select(step => step.Node.Id));

    [Fact]
    public void Of_two_LoadImage_nodes_none_is_the_input() =>
        Assert.Equal(
            ["LoadImage", "RGB to I420"],
            Graphs.Compile("""{"1":{"class_type":"LoadImage"},"2":{"class_type":"LoadImage"},"3":{"class_type":"SaveTensor","inputs":{"images":["1",0]}}}""")
                .Steps.Select(step => step.Node.Descriptor.ClassType));

    [Fact]
    public void The_mask_of_a_LoadImage_is_full_when_it_becomes_the_input() =>
        Assert.Equal(
            ["full mask", "ImageCompositeMasked"],
            Graphs.Compile(
                """
                {
                  "1": { "class_type": "LoadImage", "inputs": { "image": "a.png" } },
                  "2": { "class_type": "ImageCompositeMasked", "inputs": { "destination": ["1", 0], "source": ["1", 0], "mask": ["1", 1] } },
                  "3": { "class_type": "SaveImage", "inputs": { "images": ["2", 0] } }
                }
                """).Steps.Select(step => step.Node.Descriptor.ClassType));

    [Fact]
    public void Two_primary_inputs_are_too_many() =>
        Assert.Contains("too many primary inputs in prompt: nodes 1 and 2; keep one PrimaryInputLoadImage", Counted("PrimaryInputLoadImage", "PrimaryInputLoadImage", "SaveTensor"));

    [Fact]
    public void Three_other_inputs_are_too_many() =>
        Assert.Contains(
            "too many inputs in prompt: nodes 1, 2 and 3; keep 2, or make one of them a PrimaryInputLoadImage",
            Counted("LoadTensor", "LoadTensor", "LoadAudioTensor", "SaveTensor"));

    [Fact]
    public void Four_outputs_are_too_many() =>
        Assert.Contains("too many outputs in prompt: nodes 2, 3, 4 and 5; keep 3", Counted("LoadTensor", "SaveTensor", "PreviewImage", "SaveAudioTensor", "SaveTextTensor"));

    [Fact]
    public void A_graph_without_input_or_output_is_told_both() =>
        Assert.Equal(["missing input: add a LoadTensor node", "missing output: add a SaveTensor node"], Graphs.ProblemsOf("{}"));

    [Fact]
    public void Two_inputs_for_one_stream_are_one_picture() => Assert.Empty(Graphs.ProblemsOf(
        """{"1":{"class_type":"LoadTensor"},"2":{"class_type":"LoadTensor"},"3":{"class_type":"SaveTensor","inputs":{"images":["1",0]}}}"""));

    [Theory]
    [InlineData("SaveTensor", "PreviewImage")]
    [InlineData("SaveTensor", "SaveImage")]
    [InlineData("SaveImage", "PreviewImage")]
    public void What_is_saved_goes_before_what_is_previewed(string shown, string other)
    {
        foreach (string json in new[] { Out(shown, "9", other, "1"), Out(other, "1", shown, "9") })
            Assert.Equal(["9"], Graphs.Compile(json).Steps.Select(step => step.Node.Id));
    }

    [Fact]
    public void Two_pictures_of_one_kind_are_refused_because_a_stream_has_one() =>
        Assert.Equal(["nodes 2 and 3 all give the stream's picture; keep one"], Graphs.ProblemsOf(Out("SaveImage", "1", "SaveImage", "9")));

    private static string Out(string first, string firstFrom, string second, string secondFrom) =>
        $$"""
        {
          "1": { "class_type": "LoadTensor" },
          "9": { "class_type": "ImageInvert", "inputs": { "image": ["1", 0] } },
          "2": { "class_type": "{{first}}", "inputs": { "images": ["{{firstFrom}}", 0] } },
          "3": { "class_type": "{{second}}", "inputs": { "images": ["{{secondFrom}}", 0] } }
        }
        """;

    private static string[] Counted(params string[] classes) =>
        Graphs.ProblemsOf($"{{{string.Join(',', classes.Select((name, i) => $$$""" "{{{i + 1}}}": { "class_type": "{{{name}}}", "inputs": { "images": ["1", 0] } } """))}}}");
}
