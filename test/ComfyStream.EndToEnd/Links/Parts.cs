namespace ComfyStream.EndToEnd.Links;

/// <summary>What was started for a run, ended in the reverse order.</summary>
internal sealed class Parts : IAsyncDisposable
{
    private readonly Stack<Func<ValueTask>> _ends = new();

    public T Add<T>(T part)
        where T : IAsyncDisposable
    {
        _ends.Push(part.DisposeAsync);
        return part;
    }

    /// <summary>Ends every one even if one fails to.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_ends.TryPop(out Func<ValueTask>? end))
            return;
        await using (this)
            await end();
    }
}
