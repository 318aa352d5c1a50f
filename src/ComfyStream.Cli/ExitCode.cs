namespace ComfyStream.Cli;

/// <summary>What the program ends with.</summary>
internal static class ExitCode
{
    /// <summary>Normal, also after Ctrl-C and SIGTERM.</summary>
    public const int Success = 0;

    /// <summary>What was to be checked is wrong; standard error says how.</summary>
    public const int Invalid = 1;

    /// <summary>Something the operator can mend: one line on standard error says what.</summary>
    public const int UsageError = 2;
}
