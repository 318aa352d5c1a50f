using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using ComfyStream.Cli.Models;
using ComfyStream.Server;

namespace ComfyStream.Cli;

/// <summary>The verbs.</summary>
internal static class CommandLine
{
    private const string Description =
        "ComfyStream: live video in by WHIP, every frame through an AI workflow, out by WHEP to any number of viewers.";

    private const string Examples =
        """
        Examples:
          ./comfystream serve --demo      a moving scene with its background blurred: open the printed address
          ./comfystream serve             publish to http://127.0.0.1:8889/whip, watch http://127.0.0.1:8889/whep
          ./comfystream serve --help      every option
          ./comfystream token new --rights publish,view     a token, and the entry for the config file that asks for it
          ./comfystream drain             a running server takes no new sessions, and ends when the last has left
          ./comfystream model list        models for workflows; model add ID fetches one after showing its licence
          ./comfystream setup             install the Debian packages that are missing (done by the launcher)
          ./comfystream bench fanout      load it with viewers by the hundred, and measure; bench --help has more (done by the launcher)
        """;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var root = new RootCommand(Description) { ServeCommand.Create(), TokenCommand.Create(), DrainCommand.Create(), ModelCommand.Create(), WorkflowCommand.Create() };
        SynchronousCommandLineAction help = TeachBy(root, Examples);
        root.SetAction(help.Invoke);

        ParseResult parsed = root.Parse(arguments);
        if (parsed.Action is ParseErrorAction || parsed.Errors.Count > 0)
            return Fail($"{parsed.Errors[0].Message} See {HelpOf(parsed.CommandResult)}.");
        try
        {
            // Signals are handled by the verbs: the library would cut them short.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (ServeException e)
        {
            return Fail(e.Message);
        }
    }

    /// <summary>Lets the help of a command end with examples.</summary>
    public static SynchronousCommandLineAction TeachBy(Command command, string examples)
    {
        HelpOption? help = command.Options.OfType<HelpOption>().FirstOrDefault();
        if (help is null)
            command.Add(help = new HelpOption());
        var teaching = new HelpWithExamples(new HelpAction(), examples);
        help.Action = teaching;
        return teaching;
    }

    private static string HelpOf(CommandResult command) =>
        command.Command is RootCommand ? "./comfystream --help" : $"./comfystream {command.Command.Name} --help";

    private static int Fail(string message)
    {
        Console.Error.WriteLine($"comfystream: {message}");
        return ExitCode.UsageError;
    }

    private sealed class HelpWithExamples(HelpAction help, string examples) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            int code = help.Invoke(parseResult);
            parseResult.InvocationConfiguration.Output.WriteLine(examples);
            return code;
        }
    }
}
