namespace ComfyStream.Workflows.Tests;

public sealed class WorkflowValidatorTests
{
    [Theory]
    [InlineData("\"sigma\": 500", "sigma: 500 does not fit; give a number from 0.1 to 100 (default 7)")]
    [InlineData("\"sigma\": 0", "sigma: 0 does not fit; give a number from 0.1 to 100 (default 7)")]
    [InlineData("\"sigma\": 1e999", "sigma: 1e999 does not fit; give a number from 0.1 to 100 (default 7)")]
    [InlineData("\"sigma\": \"7\"", "sigma: \"7\" does not fit; give a number from 0.1 to 100 (default 7)")]
    [InlineData("\"sigma\": [\"1\", 0]", "sigma: output 0 of node 1 (LoadTensor) is IMAGE; link it to an output of type FLOAT, or give a number from 0.1 to 100 (default 7)")]
    [InlineData("\"sigma\": [1, 2, 3]", "sigma: a list does not fit; give a number from 0.1 to 100 (default 7)")]
    [InlineData("\"sigma\": {}", "sigma: an object does not fit; give a number from 0.1 to 100 (default 7)")]
    [InlineData("\"kernel_size\": 60", "kernel_size: 60 does not fit; give one of 1, 3, 5 ... 511 (default 61)")]
    [InlineData("\"kernel_size\": 1.5", "kernel_size: 1.5 does not fit; give one of 1, 3, 5 ... 511 (default 61)")]
    public void A_value_out_of_range_is_named_with_the_range(string setting, string problem) =>
        Assert.Equal([$"node 2 (GaussianBlur), input {problem}"], Graphs.ProblemsOf(WithMiddle($$"""{ "class_type": "GaussianBlur", "inputs": { "image": ["1", 0], {{setting}} } }""")));

    [Theory]
    [InlineData("\"sigma\": 7, \"kernel_size\": 61")]
    [InlineData("\"sigma\": 7.5, \"kernel_size\": 61.0")]
    [InlineData("\"sigma\": null, \"no_such_input\": [1, 2, 3]")]
    public void Values_in_range_and_inputs_of_other_editors_are_accepted(string settings) =>
        Assert.Empty(Graphs.ProblemsOf(WithMiddle($$"""{ "class_type": "GaussianBlur", "inputs": { "image": ["1", 0], {{settings}} } }""")));

    [Fact]
    public void A_choice_that_is_none_is_told_the_choices() =>
        Assert.Contains(
            "node 2 (PersonSegmentation), input when_empty: \"open\" does not fit; give one of \"blur\", \"pass\" (default \"blur\")",
            Graphs.ProblemsOf(WithMiddle("""{ "class_type": "PersonSegmentation", "inputs": { "image": ["1", 0], "when_empty": "open" } }""")));

    [Theory]
    [InlineData("\"yes\"", "\"yes\" does not fit")]
    [InlineData("1", "1 does not fit")]
    [InlineData("[1]", "a list does not fit")]
    public void Failing_open_is_a_matter_of_yes_or_no(string given, string problem) =>
        Assert.Equal(
            [$"node 2 (SaveTensor), input fail_open: {problem}; give true or false (default false)"],
            Graphs.ProblemsOf($$"""{ "1": { "class_type": "LoadTensor" }, "2": { "class_type": "SaveTensor", "inputs": { "images": ["1", 0], "fail_open": {{given}} } } }"""));

    [Fact]
    public void What_is_wrong_with_the_settings_of_a_face_blur_is_told_with_the_ranges() =>
        Assert.Equal(
            [
                "node 2 (BlurBoxes), input margin: -0.1 does not fit; give a number from 0 to 2 (default 0.4)",
                "node 2 (BlurBoxes), input strength: 0 does not fit; give a number from 0.05 to 1 (default 0.2)",
                "node 2 (BlurBoxes), input shape: \"circle\" does not fit; give one of \"ellipse\", \"rectangle\" (default \"ellipse\")",
                "node 2 (BlurBoxes), input effect: true does not fit; give one of \"blur\", \"pixelate\" (default \"blur\")",
                "node 4 (DetectFaces), input threshold: 1 does not fit; give a number from 0.05 to 0.99 (default 0.6)",
                "node 4 (DetectFaces), input max_faces: 65 does not fit; give a whole number from 1 to 64 (default 32)",
                "node 4 (DetectFaces), input hold_ms: 99 does not fit; give a whole number from 100 to 5000 (default 500)",
            ],
            Graphs.ProblemsOf(
                """
                {
                  "1": { "class_type": "LoadTensor" },
                  "2": { "class_type": "BlurBoxes", "inputs": { "image": ["1", 0], "boxes": ["4", 0], "margin": -0.1, "strength": 0, "shape": "circle", "effect": true } },
                  "3": { "class_type": "SaveTensor", "inputs": { "images": ["2", 0] } },
                  "4": { "class_type": "DetectFaces", "inputs": { "image": ["1", 0], "threshold": 1, "max_faces": 65, "hold_ms": 99 } }
                }
                """));

    [Fact]
    public void Boxes_come_from_a_detector_only()
    {
        Assert.Equal(
            ["node 2 (BlurBoxes), input boxes: output 0 of node 1 (LoadTensor) is IMAGE; link it to an output of type BOXES"],
            Graphs.ProblemsOf(WithMiddle("""{ "class_type": "BlurBoxes", "inputs": { "image": ["1", 0], "boxes": ["1", 0] } }""")));
        Assert.Equal(
            ["node 2 (BlurBoxes), input boxes: is missing; link it to an output of type BOXES"],
            Graphs.ProblemsOf(WithMiddle("""{ "class_type": "BlurBoxes", "inputs": { "image": ["1", 0] } }""")));
        Assert.Equal(
            ["node 3 (SaveTensor), input images: output 0 of node 2 (DetectFaces) is BOXES; link it to an output of type IMAGE"],
            Graphs.ProblemsOf(WithMiddle("""{ "class_type": "DetectFaces", "inputs": { "image": ["1", 0] } }""")));
    }

    [Fact]
    public void A_switch_that_is_no_boolean_is_named() =>
        Assert.Equal(
            ["node 2 (ImageCompositeMasked), input resize_source: 1 does not fit; give true or false (default false)"],
            Graphs.ProblemsOf(WithMiddle("""{ "class_type": "ImageCompositeMasked", "inputs": { "destination": ["1", 0], "source": ["1", 0], "resize_source": 1 } }""")));

    [Theory]
    [InlineData("", "image: is missing; link it to an output of type IMAGE")]
    [InlineData("\"image\": null", "image: is missing; link it to an output of type IMAGE")]
    [InlineData("\"image\": \"1\"", "image: is not a link; give [\"node id\", output number] of an output of type IMAGE")]
    [InlineData("\"image\": [\"1\"]", "image: is not a link; give [\"node id\", output number] of an output of type IMAGE")]
    [InlineData("\"image\": [\"1\", \"0\"]", "image: is not a link; give [\"node id\", output number] of an output of type IMAGE")]
    [InlineData("\"image\": [\"1\", 99999999999]", "image: is not a link; give [\"node id\", output number] of an output of type IMAGE")]
    [InlineData("\"image\": [\"9\", 0]", "image: links to node 9, which does not exist")]
    [InlineData("\"image\": [\"1\", 1]", "image: links to output 1 of node 1 (LoadTensor), which has outputs 0 to 0 only")]
    [InlineData("\"image\": [\"1\", -1]", "image: links to output -1 of node 1 (LoadTensor), which has outputs 0 to 0 only")]
    [InlineData("\"image\": [\"3\", 0]", "image: links to output 0 of node 3 (SaveTensor), which has no outputs")]
    public void A_link_that_leads_nowhere_is_named(string link, string problem) =>
        Assert.Equal([$"node 2 (ImageInvert), input {problem}"], Graphs.ProblemsOf(WithMiddle($$"""{ "class_type": "ImageInvert", "inputs": { {{link}} } }""")));

    [Fact]
    public void A_link_of_the_wrong_type_is_named() =>
        Assert.Equal(
            ["node 3 (SaveTensor), input images: output 0 of node 2 (PersonSegmentation) is MASK; link it to an output of type IMAGE"],
            Graphs.ProblemsOf(WithMiddle("""{ "class_type": "PersonSegmentation", "inputs": { "image": ["1", 0] } }""")));

    [Fact]
    public void An_unknown_class_is_told_and_not_what_follows_from_it() =>
        Assert.Equal(
            ["node 2 (KSampler): there is no such node class here; GET /object_info lists those that there are"],
            Graphs.ProblemsOf(WithMiddle("""{ "class_type": "KSampler", "inputs": {} }""")));

    [Theory]
    [InlineData("images")]
    [InlineData("image")]
    public void An_input_is_found_by_either_of_its_names(string name) =>
        Assert.Empty(Graphs.ProblemsOf(WithMiddle($$"""{ "class_type": "GaussianBlur", "inputs": { "{{name}}": ["1", 0] } }""")));

    [Fact]
    public void An_input_without_its_other_name_either_is_missing() =>
        Assert.Equal(
            ["node 2 (GaussianBlur), input images: is missing; link it to an output of type IMAGE"],
            Graphs.ProblemsOf(WithMiddle("""{ "class_type": "GaussianBlur" }""")));

    [Theory]
    [InlineData("imageinvert", "ImageInvert")]
    [InlineData("GausianBlur", "GaussianBlur")]
    [InlineData("CompositeMasked", "ImageCompositeMasked")]
    public void An_unknown_class_is_told_the_nearest_names(string written, string meant) =>
        Assert.Equal(
            [$"node 2 ({written}): there is no such node class here; did you mean {meant}?"],
            Graphs.ProblemsOf(WithMiddle($$"""{ "class_type": "{{written}}" }""")));

    [Fact]
    public void A_circle_is_named_without_what_hangs_on_it() =>
        Assert.Equal(
            ["a circle of links runs through nodes a and b; cut one of them"],
            Graphs.ProblemsOf(
                """
                {
                  "1": { "class_type": "LoadTensor" },
                  "a": { "class_type": "ImageCompositeMasked", "inputs": { "destination": ["b", 0], "source": ["1", 0] } },
                  "b": { "class_type": "ImageInvert", "inputs": { "image": ["a", 0] } },
                  "c": { "class_type": "ImageInvert", "inputs": { "image": ["b", 0] } },
                  "3": { "class_type": "SaveTensor", "inputs": { "images": ["c", 0] } }
                }
                """));

    [Fact]
    public void A_node_that_feeds_itself_is_a_circle() =>
        Assert.Equal(
            ["a circle of links runs through node 2; cut one of them"],
            Graphs.ProblemsOf(WithMiddle("""{ "class_type": "ImageInvert", "inputs": { "image": ["2", 0] } }""")));

    [Fact]
    public void All_problems_are_told_at_once() =>
        Assert.Equal(
            [
                "missing input: add a LoadTensor node",
                "node 4 (NoSuch): there is no such node class here; GET /object_info lists those that there are",
                "node 2 (GaussianBlur), input image: links to node 1, which does not exist",
                "node 2 (GaussianBlur), input sigma: -3 does not fit; give a number from 0.1 to 100 (default 7)",
                "node 3 (SaveTensor), input images: is missing; link it to an output of type IMAGE",
            ],
            Graphs.ProblemsOf(
                """{"2":{"class_type":"GaussianBlur","inputs":{"image":["1",0],"sigma":-3}},"4":{"class_type":"NoSuch"},"3":{"class_type":"SaveTensor","inputs":{}}}"""));

    [Fact]
    public void Every_truncation_of_a_workflow_is_refused_with_a_reason()
    {
        string json = Graphs.Shipped("background-blur").TrimEnd();
        for (int length = 0; length < json.Length; length++)
            Assert.NotEmpty(Graphs.ProblemsOf(json[..length]));
        Assert.Empty(Graphs.ProblemsOf(json));
    }

    [Fact]
    public void Damaged_workflows_never_throw_and_problems_stay_short()
    {
        string json = Graphs.Shipped("background-blur");
        string[] pieces = ["{", "}", "[", "]", "\"", ",", ":", "null", "1e400", "-1", "\"2\"", "\\ud800", "\u0000", "true", "[\"4\",0]", "{\"class_type\":\"LoadImage\"}"];
        var random = new Random(2);
        int accepted = 0;
        for (int i = 0; i < 20_000; i++)
        {
            var text = new System.Text.StringBuilder(json);
            for (int edits = random.Next(1, 4); edits > 0; edits--)
            {
                int at = random.Next(text.Length);
                switch (random.Next(4))
                {
                    case 0: text[at] = (char)(text[at] ^ (1 << random.Next(7))); break;
                    case 1: text.Remove(at, Math.Min(random.Next(1, 40), text.Length - at)); break;
                    case 2: text.Insert(at, pieces[random.Next(pieces.Length)]); break;
                    default: text.Insert(random.Next(text.Length), text.ToString(at, Math.Min(random.Next(1, 60), text.Length - at))); break;
                }
            }

            string[] problems = Graphs.ProblemsOf(text.ToString());
            Assert.All(problems, problem => Assert.InRange(problem.Length, 1, 400));
            Assert.InRange(problems.Length, 0, 21);
            if (problems.Length == 0)
            {
                accepted++;
                Assert.InRange(Graphs.Compile(text.ToString()).Steps.Count, 0, 5);
            }
        }

        Assert.InRange(accepted, 100, 15_000);
    }

    private static string WithMiddle(string node) =>
        $$$"""{ "1": { "class_type": "LoadTensor" }, "2": {{{node}}}, "3": { "class_type": "SaveTensor", "inputs": { "images": ["2", 0] } } }""";
}
