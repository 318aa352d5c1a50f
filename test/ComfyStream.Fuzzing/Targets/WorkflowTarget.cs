using System.Text;
using ComfyStream.Media;
using ComfyStream.Workflows;

namespace ComfyStream.Fuzzing.Targets;

/// <summary>Workflows as clients send them: documents, their validation and compilation.</summary>
internal sealed class WorkflowTarget : IFuzzTarget
{
    private readonly WorkflowLibrary _library = new([], [], new VideoFramePool());

    public string Name => "workflow";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. new[]
        {
            """{"1":{"class_type":"SaveTensor","inputs":{"images":["2",0]},"_meta":{"description":"d"}},"2":{"class_type":"LoadTensor","inputs":{}}}""",
            """
            {
              "1": { "class_type": "LoadTensor", "inputs": {} },
              "2": { "class_type": "ImageInvert", "inputs": { "image": ["1", 0] } },
              "3": { "class_type": "SaveTensor", "inputs": { "images": ["2", 0] } }
            }
            """,
            """
            {
              "in": { "class_type": "LoadTensor" },
              "soft": { "class_type": "GaussianBlur", "inputs": { "image": ["in", 0], "kernel_size": 15, "sigma": 8.5 } },
              "out": { "class_type": "SaveTensor", "inputs": { "images": ["soft", 0], "unknown": { "a": [1, [2, [3]]] } } }
            }
            """,
            """
            [{
              "a": { "class_type": "PrimaryInputLoadImage", "inputs": { "image": "x.png" } },
              "b": { "class_type": "ImageInvert", "inputs": { "image": ["a", 0] } },
              "c": { "class_type": "PreviewImage", "inputs": { "images": ["b", 0] } }
            }]
            """,
            """
            [{
              "v": { "class_type": "PrimitiveFloat", "inputs": { "value": 3.5 } },
              "n": { "class_type": "PrimitiveInt", "inputs": { "value": 9 } },
              "a": { "class_type": "LoadTensor" },
              "s": { "class_type": "LoadImage", "inputs": { "image": "a/b.png" } },
              "t": { "class_type": "PrimaryInputLoadImage" },
              "b": { "class_type": "GaussianBlur", "inputs": { "image": ["t", 0], "sigma": ["v", 0], "kernel_size": ["n", 0] } },
              "c": { "class_type": "ImageCompositeMasked", "inputs": { "destination": ["b", 0], "source": ["s", 0], "mask": ["t", 1] } },
              "o": { "class_type": "SaveImage", "inputs": { "images": ["c", 0] } }
            }, { "1": { "class_type": "LoadTensor" }, "2": { "class_type": "PreviewImage", "inputs": { "images": ["1", 0] } } }]
            """,
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public IReadOnlyList<byte[]> Words { get; } =
    [
        .. new[]
        {
            "{", "}", "[", "]", "\"", ":", ",", "null", "true", "1e999", "-1e-400", "1e308", "31.5", "-0", "{\"a\":", new string('7', 400), "99999999999999999999", "\\ud800", "\\u0000", "[[[[[[[[[[[[[[[[", "\"1\"", "[\"1\",0]", "[\"2\",-1]",
            "\"class_type\"", "\"inputs\"", "\"_meta\"", "\"nodes\"", "LoadTensor", "SaveTensor", "ImageInvert", "GaussianBlur", "ImageCompositeMasked", "PersonSegmentation",
            "LoadImage", "PreviewImage", "SaveImage", "DetectFaces", "BlurBoxes", "\"kernel_size\"", "\"sigma\"", "\"mask\"", "\"source\"", "\"destination\"", "\"image\"", "\"images\"",
            "PrimitiveInt", "PrimitiveFloat", "PrimitiveString", "PrimitiveBoolean", "PrimaryInputLoadImage", "\"value\"", "[\"v\",0]", "[\"t\",1]", "../", "a.png",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public bool Run(Span<byte> input)
    {
        bool isValid = _library.TryResolve(Encoding.UTF8.GetString(input), out IWorkflow? workflow, out string problem);
        FindingException.ThrowUnless(isValid == workflow is not null, "a workflow that is none, or none that is");
        if (isValid)
        {
            FindingException.ThrowUnless(((Workflow)workflow!).Explain().Length > 0, "a plan that cannot be explained");
            FindingException.ThrowUnless(_library.TryResolve(((Workflow)workflow).ToJson(), out _, out problem), $"a graph that is none when it is written again: {problem}");
            return true;
        }

        FindingException.ThrowUnless(problem.Length is > 0 and < 20_000, $"a text of {problem.Length} characters");
        FindingException.ThrowUnless(!problem.Any(c => char.IsControl(c) && c != '\n'), "a text with control characters");
        return false;
    }
}
