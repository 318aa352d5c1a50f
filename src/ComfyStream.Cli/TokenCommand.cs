using System.CommandLine;
using ComfyStream.Server.Access;
using ComfyStream.Server.Options;

namespace ComfyStream.Cli;

/// <summary><c>token new</c>: makes a token, shows it once, and prints what the config file keeps of it.</summary>
internal static class TokenCommand
{
    private const string Examples =
        """
        Examples:
          ./comfystream token new --rights publish,view                 for every channel
          ./comfystream token new --rights view --channels 'cam*'       to watch cam1, cam2, camera ...
          ./comfystream token new --rights admin --name operator
        """;

    private const string NewExamples = Examples +
        """


        Clients send it as the header 'Authorization: Bearer TOKEN'; the page takes it as http://HOST:8889/#token=TOKEN.
        """;

    public static Command Create()
    {
        var command = new Command("token", "Make the tokens that let clients in.") { CreateNew() };
        command.SetAction(CommandLine.TeachBy(command, Examples).Invoke);
        return command;
    }

    private static Command CreateNew()
    {
        var command = new Command("new", "Make a token. It is shown this once; the config file gets only its SHA-256.");
        var rights = new Option<string>("--rights") { HelpName = "RIGHTS", Required = true, Description = $"What it lets do, separated by commas: {AccessRightNames.List}." };
        var channels = new Option<string>("--channels") { HelpName = "PATTERNS", DefaultValueFactory = _ => "*", Description = "Where, separated by commas; * stands for any characters. Default *, every channel." };
        var name = new Option<string?>("--name") { HelpName = "NAME", Description = "Who has it, for you; unlike that of every other token. Default made up." };
        command.Add(rights);
        command.Add(channels);
        command.Add(name);
        CommandLine.TeachBy(command, NewExamples);
        command.SetAction(parsed =>
        {
            NewToken token = NewToken.Create(parsed.GetValue(rights)!, parsed.GetValue(channels)!, parsed.GetValue(name));
            Console.WriteLine($"The token, shown only this once:\n\n  {token.Text}\n\nInto auth.tokens of the config file (serve --config relay.json):\n\n  {{ \"auth\": {{ \"tokens\": [\n    {token.Entry}\n  ] }} }}\n");
            return ExitCode.Success;
        });
        return command;
    }
}
