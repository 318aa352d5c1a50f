namespace ComfyStream.Server;

/// <summary>The relay cannot be started for a reason that the operator can mend; the message says what is wrong and what to do.</summary>
public sealed class ServeException(string message) : Exception(message);
