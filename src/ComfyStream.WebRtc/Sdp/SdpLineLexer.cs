namespace ComfyStream.WebRtc.Sdp;

/// <summary>Walks the lines of a session description; CRLF and LF both end a line (RFC 8866 5).</summary>
internal ref struct SdpLineLexer(ReadOnlySpan<char> text)
{
    private ReadOnlySpan<char> _rest = text;

    /// <summary>The line without its end and the blanks before that.</summary>
    public ReadOnlySpan<char> Current { get; private set; }

    /// <summary>Number of the current line, from 1.</summary>
    public int LineNumber { get; private set; }

    public bool MoveNext()
    {
        if (_rest.IsEmpty)
            return false;

        int end = _rest.IndexOf('\n');
        ReadOnlySpan<char> line = end < 0 ? _rest : _rest[..end];
        _rest = end < 0 ? default : _rest[(end + 1)..];
        Current = (line.EndsWith('\r') ? line[..^1] : line).TrimEnd(' ');
        LineNumber++;
        return true;
    }
}
