namespace ComfyStream.WebRtc.Sdp;

/// <summary>Looks parameters up in an fmtp value, <c>name=value;name=value</c>; names compare without case (RFC 6838 4.3).</summary>
internal static class FormatParameters
{
    public static bool TryGet(ReadOnlySpan<char> parameters, ReadOnlySpan<char> name, out ReadOnlySpan<char> value)
    {
        foreach (Range range in parameters.Split(';'))
        {
            ReadOnlySpan<char> parameter = parameters[range].Trim(' ');
            int equals = parameter.IndexOf('=');
            if (equals > 0 && parameter[..equals].TrimEnd(' ').Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                value = parameter[(equals + 1)..].TrimStart(' ');
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>Adds a parameter unless it is there already.</summary>
    public static string WithDefault(string parameters, string name, string value)
    {
        if (TryGet(parameters, name, out _))
            return parameters;

        return parameters.Length == 0 ? $"{name}={value}" : $"{parameters.TrimEnd(';')};{name}={value}";
    }
}
