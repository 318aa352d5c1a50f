namespace ComfyStream.Transport.Tests;

/// <summary>Every way to the kernel, for tests that hold for all of them.</summary>
internal static class SocketModes
{
    public static TheoryData<SocketMode> All => [.. Enum.GetValues<SocketMode>()];
}
