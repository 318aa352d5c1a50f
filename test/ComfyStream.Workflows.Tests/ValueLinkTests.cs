namespace ComfyStream.Workflows.Tests;

/// <summary>Values that come from other nodes.</summary>
public sealed class ValueLinkTests
{
    [Theory]
    [InlineData("PrimitiveFloat", "2.5", 2.5)]
    [InlineData("PrimitiveInt", "3", 3.0)]
    public void A_value_may_come_from_a_primitive(string classType, string value, double sigma) =>
        Assert.Equal(sigma, Assert.Single(Graphs.Compile(Blur(classType, value)).Steps).Node.Settings.Number("sigma"));

    [Fact]
    public void Its_type_must_fit() =>
        Assert.Equal(
            ["node 2 (GaussianBlur), input sigma: output 0 of node v (PrimitiveString) is STRING; link it to an output of type FLOAT, or give a number from 0.1 to 100 (default 7)"],
            Graphs.ProblemsOf(Blur("PrimitiveString", "\"3\"")));

    [Fact]
    public void Its_range_must_fit() =>
        Assert.Equal(
            ["node 2 (GaussianBlur), input sigma: 1000, from node v (PrimitiveFloat), does not fit; give a number from 0.1 to 100 (default 7)"],
            Graphs.ProblemsOf(Blur("PrimitiveFloat", "1000")));

    [Fact]
    public void A_primitive_may_be_linked_to_another()
    {
        string json = Blur("PrimitiveFloat", """["w", 0]""").Replace("\"v\":", "\"w\": { \"class_type\": \"PrimitiveFloat\", \"inputs\": { \"value\": 4.5 } }, \"v\":");
        Assert.Equal(4.5, Assert.Single(Graphs.Compile(json).Steps).Node.Settings.Number("sigma"));
    }

    [Fact]
    public void Primitives_in_a_circle_are_a_circle() =>
        Assert.Contains("a circle of links runs through node v; cut one of them", Graphs.ProblemsOf(Blur("PrimitiveFloat", """["v", 0]""")));

    private static string Blur(string classType, string value) =>
        $$$"""
        {
          "1": { "class_type": "LoadTensor" },
          "2": { "class_type": "GaussianBlur", "inputs": { "image": ["1", 0], "sigma": ["v", 0] } },
          "3": { "class_type": "SaveTensor", "inputs": { "images": ["2", 0] } },
          "v": { "class_type": "{{{classType}}}", "inputs": { "value": {{{value}}} } }
        }
        """;
}
