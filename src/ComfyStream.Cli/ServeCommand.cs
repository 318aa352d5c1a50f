using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using ComfyStream.Server.Hosting;
using ComfyStream.Server.Options;

namespace ComfyStream.Cli;

/// <summary><c>serve</c>: runs the relay until a signal ends it.</summary>
internal static class ServeCommand
{
    // The promise is 3 s from signal to end; what does not end by then is left to the operating system.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2.7);

    // On every Linux that .NET runs on; the enumeration has no name for it.
    private const int Sigusr1 = 10;

    private const string Examples =
        """
        Examples:
          ./comfystream serve --demo
          ./comfystream serve --workflow background-blur            every channel that names no workflow of its own
          ./comfystream serve --host 0.0.0.0 --tls-self-signed      a camera page for other devices in the house
          ./comfystream serve --advertise 203.0.113.7               behind NAT: the address that clients see
          ./comfystream serve --ice-server turn:turn.example.org:3478?transport=tcp --turn-secret-file turn.secret
          ./comfystream serve --config relay.json                   every option in camel case, and channels:
                { "port": 8889, "advertise": ["203.0.113.7"], "channels": { "stage": { "workflow": "invert" } } }

        Publish:  http://127.0.0.1:8889/whip?channelId=NAME&prompts=WORKFLOW   (OBS, FFmpeg, GStreamer, browsers)
        Watch:    http://127.0.0.1:8889/whep?streamId=NAME
        """;

    public static Command Create()
    {
        var command = new Command("serve", "Run the relay: WHIP in, AI on every frame, WHEP out.");
        var config = new Option<string?>("--config")
        {
            HelpName = "FILE",
            Description = "JSON file with these options in camel case, and settings of single channels. Flags win over it.",
        };
        var flags = ServeSettings.All.Select(setting => (Setting: setting, Option: Flag(setting))).ToArray();
        foreach ((_, Option option) in flags)
            command.Add(option);
        command.Add(config);
        CommandLine.TeachBy(command, Examples);

        command.SetAction((parsed, cancellationToken) =>
        {
            ServeOptions options = parsed.GetValue(config) is { } file ? ConfigFile.Read(file) : new ServeOptions();
            foreach ((ServeSetting setting, Option option) in flags)
            {
                if (parsed.GetResult(option) is { Implicit: false } result)
                    options = setting.Apply(options, Values(setting, result));
            }
            return RunAsync(options, cancellationToken);
        });
        return command;
    }

    private static Option Flag(ServeSetting setting)
    {
        string name = $"--{setting.Name}";
        return setting.IsSwitch
            ? new Option<bool>(name) { Description = setting.Description }
            : new Option<string[]>(name) { Description = setting.Description, HelpName = setting.ValueName, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };
    }

    private static IReadOnlyList<string> Values(ServeSetting setting, OptionResult result) =>
        setting.IsSwitch ? [result.GetValueOrDefault<bool>().ToString()] : [.. result.Tokens.Select(token => token.Value)];

    private static async Task<int> RunAsync(ServeOptions options, CancellationToken cancellationToken)
    {
        // Registered before the start, so that a signal during it ends it in good order too.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);

        RelayServer server;
        try
        {
            server = await RelayServer.StartAsync(options, logging => logging.AddLines(), ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            return ExitCode.Success;
        }

        using PosixSignalRegistration drain = PosixSignalRegistration.Create((PosixSignal)Sigusr1, context =>
        {
            context.Cancel = true;
            server.BeginDrain();
        });
        StartPanel.Write(server.Summary);
        await server.Drained.WaitAsync(ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        Task end = server.DisposeAsync().AsTask();
        if (await Task.WhenAny(end, Task.Delay(_patience, CancellationToken.None)) == end)
            await end;
        else
            Environment.Exit(ExitCode.Success);
        return ExitCode.Success;

        void End(PosixSignalContext context)
        {
            // A second signal finds no patience left and ends the program as usual.
            context.Cancel = !ending.IsCancellationRequested;
            ending.Cancel();
        }
    }
}
