namespace ComfyStream.Streaming;

/// <summary>How much is going on.</summary>
/// <param name="Sessions">Living sessions.</param>
/// <param name="HalfOpenSessions">Those of them that have never been connected yet.</param>
/// <param name="WaitedForNames">Channels in use to which nobody publishes.</param>
public readonly record struct RelayLoad(int Sessions, int HalfOpenSessions, int WaitedForNames);

/// <summary>How much of it is one client's.</summary>
/// <param name="Sessions">Living sessions.</param>
/// <param name="HalfOpenSessions">Those of them that have never been connected yet.</param>
public readonly record struct ClientLoad(int Sessions, int HalfOpenSessions);
