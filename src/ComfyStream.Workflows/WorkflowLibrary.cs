using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;
using ComfyStream.Media;
using ComfyStream.Workflows.Models;
using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows;

/// <summary>Finds workflows by name, file or JSON: in the workspace first, then among those that ship. Thread-safe.</summary>
public sealed partial class WorkflowLibrary : IDisposable
{
    /// <summary>The largest workflow.</summary>
    public const int MostBytes = WorkflowDocument.MaxBytes;

    private const string PassthroughName = "passthrough";
    private const string CustomName = "custom";
    private const string Extension = ".json";

    /// <summary>ComfyStream's default graph.</summary>
    private const string PassthroughGraph =
        """
        {
          "1": {
            "class_type": "SaveTensor",
            "inputs": { "images": ["2", 0] },
            "_meta": { "description": "Forwards the input as it is, without decoding it." }
          },
          "2": { "class_type": "LoadTensor", "inputs": {} }
        }
        """;

    private readonly IReadOnlyList<string> _folders;
    private readonly ModelStore _models;
    private readonly RgbPicturePool _pictures = new();
    private readonly NodeResources _resources;
    private readonly Workflow _passthrough;

    /// <param name="workflowFolders">Folders with <c>NAME.json</c> files, searched in order.</param>
    /// <param name="modelFolders">Folders with model files, searched in order.</param>
    /// <param name="frames">Pool of the frames that processors make.</param>
    /// <param name="inputFolder">Folder with the pictures that <c>LoadImage</c> may name; null for none.</param>
    public WorkflowLibrary(IReadOnlyList<string> workflowFolders, IReadOnlyList<string> modelFolders, VideoFramePool frames, string? inputFolder = null)
    {
        _folders = workflowFolders;
        _models = new ModelStore(modelFolders);
        _resources = new NodeResources(_models, frames, _pictures, inputFolder);
        if (!TryCompile(PassthroughGraph, PassthroughName, out _passthrough!, out string problem))
            throw new InvalidOperationException(problem);
    }

    /// <summary>The node classes that workflows may use.</summary>
    public NodeCatalog Catalog { get; init; } = NodeCatalog.BuiltIn;

    /// <summary>The workflow that forwards its input.</summary>
    public IWorkflow Passthrough => _passthrough;

    /// <summary>The workflows that can be named, by name. Files that are not valid workflows are left out; naming one tells why.</summary>
    public IReadOnlyList<WorkflowSummary> List()
    {
        var found = new SortedDictionary<string, WorkflowSummary>(StringComparer.Ordinal)
        {
            [PassthroughName] = new(PassthroughName, _passthrough.Description),
        };
        foreach (string name in FindNames())
        {
            if (TryResolveName(name, out Workflow? workflow, out _))
                found[name] = new WorkflowSummary(name, workflow.Description);
        }

        return [.. found.Values];
    }

    /// <summary>
    /// Reads a workflow from what a client sent: API-format JSON (when it begins with <c>{</c> or <c>[</c>; of a list of graphs all are
    /// checked, and the first one gives the picture) or a name.
    /// Never opens a path. When false, <paramref name="problem"/> says all that is wrong, naming node and reason, and does not echo the graph.
    /// </summary>
    public bool TryResolve(string nameOrJson, out IWorkflow? workflow, out string problem)
    {
        ReadOnlySpan<char> text = nameOrJson.AsSpan().TrimStart();
        bool ok = !text.IsEmpty && text[0] is '{' or '['
            ? TryCompile(nameOrJson, CustomName, out Workflow? found, out problem)
            : TryResolveName(nameOrJson, out found, out problem);
        workflow = found;
        return ok;
    }

    /// <summary>Reads a graph, or a list of graphs, in API format, with the problems one by one.</summary>
    public bool TryRead(string json, [NotNullWhen(true)] out Workflow? workflow, out IReadOnlyList<WorkflowProblem> problems)
    {
        var found = new WorkflowProblems();
        workflow = Compile(json, CustomName, found);
        problems = found.Kept;
        return workflow is not null;
    }

    /// <summary>The same for the operator, who may also name a file: anything that is not a plain name, such as <c>./my.json</c>.</summary>
    public bool TryResolveNameOrFile(string nameOrFile, out IWorkflow? workflow, out string problem)
    {
        Workflow? found;
        bool ok = NamePattern().IsMatch(nameOrFile)
            ? TryResolveName(nameOrFile, out found, out problem)
            : TryReadFile(nameOrFile, Path.GetFileNameWithoutExtension(nameOrFile), nameOrFile, out found, out problem);
        workflow = found;
        return ok;
    }

    /// <summary>Frees the models. Processors must have been disposed before.</summary>
    public void Dispose()
    {
        _models.Dispose();
        _pictures.Dispose();
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,64}\z")]
    private static partial Regex NamePattern();

    private bool TryResolveName(string name, [NotNullWhen(true)] out Workflow? workflow, out string problem)
    {
        workflow = null;
        if (!NamePattern().IsMatch(name))
        {
            problem = "neither a workflow in API format (JSON) nor the name of one (letters, digits, - and _, at most 64)";
            return false;
        }

        foreach (string folder in _folders)
        {
            string path = Path.Combine(folder, name + Extension);
            if (File.Exists(path))
                return TryReadFile(path, name, $"workflow {name}", out workflow, out problem);
        }

        if (name == PassthroughName)
        {
            (workflow, problem) = (_passthrough, "");
            return true;
        }

        problem = $"there is no workflow named {name}; there are {string.Join(", ", List().Select(summary => summary.Name))}";
        return false;
    }

    private bool TryReadFile(string path, string name, string described, [NotNullWhen(true)] out Workflow? workflow, out string problem)
    {
        workflow = null;
        try
        {
            if (new FileInfo(path).Length > WorkflowDocument.MaxBytes)
            {
                problem = $"{described} is larger than {WorkflowDocument.MaxBytes / 1024} KiB";
                return false;
            }

            if (TryCompile(File.ReadAllText(path), name, out workflow, out problem))
                return true;
            problem = $"{described}: {problem}";
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            problem = $"{described} does not exist; give the name of a workflow or a file in API format";
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"{described} cannot be read; check its rights";
            return false;
        }
    }

    /// <summary>Null when there are problems.</summary>
    internal Workflow? Compile(WorkflowDocument document, string name, WorkflowProblems problems) =>
        WorkflowValidator.Check(document, Catalog, problems) is { } graph ? new Workflow(name, document, graph, this, _resources) : null;

    private bool TryCompile(string json, string name, [NotNullWhen(true)] out Workflow? workflow, out string problem)
    {
        var problems = new WorkflowProblems();
        workflow = Compile(json, name, problems);
        problem = problems.ToString();
        return workflow is not null;
    }

    /// <summary>Of several graphs all are checked, and the first one gives the picture. Null when there are problems.</summary>
    private Workflow? Compile(string json, string name, WorkflowProblems problems)
    {
        IReadOnlyList<WorkflowDocument> documents = WorkflowDocument.Read(json, problems);
        var compiled = new List<Workflow?>();
        foreach (WorkflowDocument document in documents)
        {
            problems.Graph = documents.Count > 1 ? compiled.Count + 1 : 0;
            compiled.Add(Compile(document, name, problems));
        }

        return problems.Any ? null : compiled[0];
    }

    private IEnumerable<string> FindNames() => _folders
        .SelectMany(FilesIn)
        .Select(path => Path.GetFileNameWithoutExtension(path))
        .Where(name => NamePattern().IsMatch(name))
        .Distinct();

    /// <summary>A folder that is not there or not readable counts as empty: the others are of use all the same.</summary>
    private static string[] FilesIn(string folder)
    {
        try
        {
            return Directory.GetFiles(folder, "*" + Extension);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
