using System.CommandLine;
using ComfyStream.Media;
using ComfyStream.Server.Hosting;
using ComfyStream.Server.Options;
using ComfyStream.Workflows;

namespace ComfyStream.Cli;

/// <summary><c>workflow list|validate|explain</c>: what workflows there are, whether one can run here, and how it would.</summary>
internal static class WorkflowCommand
{
    private const string Examples =
        """
        Examples:
          ./comfystream workflow list                        those that can be named, with a sentence each
          ./comfystream workflow validate ./mine.json        all that is wrong with it; exit code 1 when something is
          ./comfystream workflow explain background-blur     steps in order, formats, what is folded, merged and left out

        Writing workflows, and all nodes: docs/workflows.md
        """;

    public static Command Create()
    {
        var workspace = new Option<string>("--workspace") { HelpName = "DIR", DefaultValueFactory = _ => new ServeOptions().Workspace, Description = "Folder with workflows, models and pictures of your own. Default ~/.local/share/comfystream." };
        var file = new Argument<string>("NAME|FILE") { Description = "A workflow of the list, or a file in API format, such as ./mine.json." };
        var command = new Command("workflow", "List, check and explain workflows.")
        {
            CreateVerb("list", "Show the workflows that can be named.", parsed => List(parsed.GetValue(workspace)!), workspace),
            CreateVerb("validate", "Say all that is wrong with a workflow, missing models and pictures included.", parsed => Validate(parsed.GetValue(workspace)!, parsed.GetValue(file)!), workspace, file),
            CreateVerb("explain", "Show how a workflow is run.", parsed => Explain(parsed.GetValue(workspace)!, parsed.GetValue(file)!), workspace, file),
        };
        command.SetAction(CommandLine.TeachBy(command, Examples).Invoke);
        return command;
    }

    private static Command CreateVerb(string name, string description, Func<ParseResult, int> run, Option<string> workspace, Argument<string>? file = null)
    {
        var command = new Command(name, description) { workspace };
        if (file is not null)
            command.Add(file);
        CommandLine.TeachBy(command, Examples);
        command.SetAction(run);
        return command;
    }

    private static int List(string workspace)
    {
        using var frames = new VideoFramePool();
        using WorkflowLibrary library = Open(workspace, frames);
        foreach (WorkflowSummary summary in library.List())
            Console.WriteLine($"{summary.Name,-24} {summary.Description}".TrimEnd());
        return ExitCode.Success;
    }

    private static int Validate(string workspace, string nameOrFile)
    {
        using var frames = new VideoFramePool();
        using WorkflowLibrary library = Open(workspace, frames);
        if (Find(library, nameOrFile) is not { } workflow)
            return ExitCode.Invalid;
        try
        {
            workflow.CreateProcessor().Dispose();
        }
        catch (MediaException e)
        {
            Console.Error.WriteLine($"{nameOrFile}: {e.Message}");
            return ExitCode.Invalid;
        }

        Console.WriteLine($"{nameOrFile} is fine.");
        return ExitCode.Success;
    }

    private static int Explain(string workspace, string nameOrFile)
    {
        using var frames = new VideoFramePool();
        using WorkflowLibrary library = Open(workspace, frames);
        if (Find(library, nameOrFile) is not { } workflow)
            return ExitCode.Invalid;
        Console.Write(workflow.Explain());
        return ExitCode.Success;
    }

    private static WorkflowLibrary Open(string path, VideoFramePool frames)
    {
        Workspace workspace = Workspace.At(path);
        return new WorkflowLibrary(workspace.WorkflowFolders, workspace.ModelFolders, frames, workspace.InputFolder);
    }

    private static Workflow? Find(WorkflowLibrary library, string nameOrFile)
    {
        if (library.TryResolveNameOrFile(nameOrFile, out IWorkflow? workflow, out string problem))
            return (Workflow)workflow!;
        Console.Error.WriteLine(problem);
        return null;
    }
}
