using ComfyStream.Cli;

return await CommandLine.RunAsync(args);
