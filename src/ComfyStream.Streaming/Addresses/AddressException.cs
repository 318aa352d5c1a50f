namespace ComfyStream.Streaming.Addresses;

/// <summary>No address can be announced as the options say; the message says why and what to do.</summary>
public sealed class AddressException : Exception
{
    /// <summary>Makes one.</summary>
    public AddressException(string message)
        : base(message)
    {
    }
}
