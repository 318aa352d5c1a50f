namespace ComfyStream.Workflows.Nodes;

/// <summary>The stream's picture. Pictures are pushed, so nothing waits here: the time-out is read only because workflows carry it.</summary>
internal static class LoadTensorNode
{
    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "LoadTensor",
        Role = NodeRole.Input,
        Inputs = [new NumberInput("timeout_seconds", Default: 1, Min: 0.1, Max: 30)],
        Outputs = [LinkType.Image],
    };
}
