using System.CommandLine;
using ComfyStream.Server.Options;

namespace ComfyStream.Cli.Models;

/// <summary><c>model list|add|verify|remove</c>: what models there are, and which are here. Nothing is fetched without <c>add</c>.</summary>
internal static class ModelCommand
{
    private const string Examples =
        """
        Examples:
          ./comfystream model list                                        what ships, what is here, what can be fetched
          ./comfystream model add depth-anything-v2-small                 shows the licence, asks, fetches, verifies
          ./comfystream model add midas-v2.1-small --accept-licence       for scripts
          ./comfystream model add yolox-nano --source /mnt/usb/yolox_nano.onnx --sha256 HEX
          ./comfystream model add ./my-model.json                         a model of your own, by its manifest
          ./comfystream model verify                                      whether the files are still those that were added
          ./comfystream model remove midas-v2.1-small

        Manifests, and which models there are: docs/models.md
        """;

    public static Command Create()
    {
        var workspace = new Option<string>("--workspace") { HelpName = "DIR", DefaultValueFactory = _ => new ServeOptions().Workspace, Description = "Folder whose models/ they are kept in. Default ~/.local/share/comfystream." };
        var command = new Command("model", "List, add, verify and remove the models that workflows use.")
        {
            CreateList(workspace), CreateAdd(workspace), CreateVerify(workspace), CreateRemove(workspace),
        };
        command.SetAction(CommandLine.TeachBy(command, Examples).Invoke);
        return command;
    }

    private static Command CreateList(Option<string> workspace)
    {
        var command = new Command("list", "Show every model that is known: task, licence, and whether it is here.") { workspace };
        CommandLine.TeachBy(command, Examples);
        command.SetAction(parsed => ModelList.Write(new ModelFolders(parsed.GetValue(workspace)!)));
        return command;
    }

    private static Command CreateAdd(Option<string> workspace)
    {
        var model = new Argument<string>("ID|FILE.json") { Description = "A model of the list, or the manifest of one of your own." };
        var source = new Option<string?>("--source") { HelpName = "URL|FILE", Description = "Take it from there instead of from where the manifest says." };
        var sha256 = new Option<string?>("--sha256") { HelpName = "HEX", Description = "Refuse a file with another checksum." };
        var accept = new Option<bool>("--accept-licence", "-y") { Description = "Do not ask: the licence is known and accepted." };
        var command = new Command("add", "Fetch a model after showing its licence, and verify it.") { model, source, sha256, accept, workspace };
        CommandLine.TeachBy(command, Examples);
        command.SetAction((parsed, cancellationToken) => ModelAdder.RunAsync(
            new ModelFolders(parsed.GetValue(workspace)!), parsed.GetValue(model)!, parsed.GetValue(source), parsed.GetValue(sha256), parsed.GetValue(accept), cancellationToken));
        return command;
    }

    private static Command CreateVerify(Option<string> workspace)
    {
        var models = new Argument<string[]>("ID") { Arity = ArgumentArity.ZeroOrMore, Description = "Which; all that are here when none is named." };
        var command = new Command("verify", "Compare files with the checksums of their manifests, or with those noted when they were added.") { models, workspace };
        CommandLine.TeachBy(command, Examples);
        command.SetAction(parsed => ModelList.Verify(new ModelFolders(parsed.GetValue(workspace)!), parsed.GetValue(models)!));
        return command;
    }

    private static Command CreateRemove(Option<string> workspace)
    {
        var model = new Argument<string>("ID") { Description = "A model that was added." };
        var command = new Command("remove", "Remove the file of a model that was added.") { model, workspace };
        CommandLine.TeachBy(command, Examples);
        command.SetAction(parsed => ModelList.Remove(new ModelFolders(parsed.GetValue(workspace)!), parsed.GetValue(model)!));
        return command;
    }
}
