namespace ComfyStream.Workflows.Tests;

public sealed class WorkflowCompilerTests
{
    [Fact]
    public void Background_blur_segments_and_blurs_before_it_composes_over_the_blur()
    {
        WorkflowPlan plan = Graphs.Compile(Graphs.Shipped("background-blur"));
        Assert.Equal(["3", "2", "4"], plan.Steps.Select(step => step.Node.Id));
        (PlanStep blur, PlanStep segmentation, PlanStep composite) = (plan.Steps[0], plan.Steps[1], plan.Steps[2]);
        Assert.Equal(-1, blur.OverwrittenSlot);
        Assert.Empty(blur.LastUsed);
        Assert.Empty(segmentation.LastUsed);
        Assert.Equal(blur.Outputs[0], composite.OverwrittenSlot);
        Assert.Equal([blur.Outputs[0], WorkflowPlan.InputSlot, segmentation.Outputs[0]], composite.LastUsed);
        Assert.Equal(composite.Outputs[0], plan.ResultSlot);
    }

    [Fact]
    public void Face_blur_works_on_the_input_itself()
    {
        WorkflowPlan plan = Graphs.Compile(Graphs.Shipped("face-blur"));
        Assert.Equal(["2", "3"], plan.Steps.Select(step => step.Node.Id));
        Assert.Equal(WorkflowPlan.InputSlot, plan.Steps[1].OverwrittenSlot);
    }

    [Fact]
    public void A_result_that_is_the_input_is_a_passthrough() => Assert.True(Graphs.Compile(Graphs.Shipped("passthrough")).IsPassthrough);

    [Fact]
    public void Nodes_that_the_result_does_not_need_are_left_out()
    {
        WorkflowPlan plan = Graphs.Compile(
            """
            {
              "1": { "class_type": "LoadTensor" },
              "2": { "class_type": "PersonSegmentation", "inputs": { "image": ["1", 0] } },
              "3": { "class_type": "GaussianBlur", "inputs": { "image": ["1", 0] } },
              "4": { "class_type": "SaveTensor", "inputs": { "images": ["1", 0] } }
            }
            """);
        Assert.Empty(plan.Steps);
        Assert.True(plan.IsPassthrough);
    }

    [Fact]
    public void A_chain_works_on_the_input_itself()
    {
        WorkflowPlan plan = Graphs.Compile(
            """
            {
              "4": { "class_type": "SaveTensor", "inputs": { "images": ["3", 0] } },
              "3": { "class_type": "GaussianBlur", "inputs": { "image": ["2", 0] } },
              "2": { "class_type": "ImageInvert", "inputs": { "image": ["1", 0] } },
              "1": { "class_type": "LoadTensor" }
            }
            """);
        Assert.Equal(["2", "3"], plan.Steps.Select(step => step.Node.Id));
        Assert.Equal(WorkflowPlan.InputSlot, plan.Steps[0].OverwrittenSlot);
        Assert.Equal(plan.Steps[0].Outputs[0], plan.Steps[1].OverwrittenSlot);
    }

    [Fact]
    public void A_picture_read_through_two_inputs_of_one_node_is_not_overwritten() =>
        Assert.Equal(-1, Assert.Single(Graphs.Compile(
            """
            {
              "1": { "class_type": "LoadTensor" },
              "2": { "class_type": "ImageCompositeMasked", "inputs": { "destination": ["1", 0], "source": ["1", 0] } },
              "3": { "class_type": "SaveTensor", "inputs": { "images": ["2", 0] } }
            }
            """).Steps).OverwrittenSlot);

    [Fact]
    public void A_shared_node_runs_once_and_both_inputs_of_a_stream_are_one_picture()
    {
        WorkflowPlan plan = Graphs.Compile(
            """
            {
              "1": { "class_type": "LoadTensor" },
              "2": { "class_type": "LoadTensor" },
              "3": { "class_type": "ImageInvert", "inputs": { "image": ["1", 0] } },
              "4": { "class_type": "GaussianBlur", "inputs": { "image": ["3", 0] } },
              "5": { "class_type": "ImageCompositeMasked", "inputs": { "destination": ["3", 0], "source": ["4", 0], "mask": ["6", 0] } },
              "6": { "class_type": "PersonSegmentation", "inputs": { "image": ["2", 0] } },
              "7": { "class_type": "SaveTensor", "inputs": { "images": ["5", 0] } }
            }
            """);
        Assert.Equal(["3", "4", "6", "5"], plan.Steps.Select(step => step.Node.Id));
        Assert.Equal(-1, plan.Steps[0].OverwrittenSlot);
        Assert.Equal(-1, plan.Steps[1].OverwrittenSlot);
        Assert.Equal([WorkflowPlan.InputSlot], plan.Steps[2].LastUsed);
        Assert.Equal(plan.Steps[0].Outputs[0], plan.Steps[3].OverwrittenSlot);
    }
}
