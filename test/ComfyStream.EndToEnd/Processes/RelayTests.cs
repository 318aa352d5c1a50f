namespace ComfyStream.EndToEnd.Processes;

/// <summary>Tests of one relay: when one fails, the end of the relay's log is shown with it.</summary>
public abstract class RelayTests(RelayProcess relay) : IAsyncDisposable
{
    protected RelayProcess Relay { get; } = relay;

    public virtual ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
            TestContext.Current.TestOutputHelper?.WriteLine($"The relay's log:\n{Relay.Tail}");
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
