using ComfyStream.EndToEnd;
using ComfyStream.EndToEnd.Links;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

// The tests, or with "links" the table of docs/performance.md.
return args switch
{
    ["links", .. var options] => await LinkTable.RunAsync(options),
    _ when args.Any(argument => argument is "--server" or "--internal-msbuild-node") =>
        await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
    _ => await ConsoleRunner.Run(args),
};
