namespace ComfyStream.WebRtc.Tests.Peers.Foreign;

/// <summary>A publisher of another make.</summary>
internal interface IForeignPublisher
{
    /// <summary>Sends an access unit (Annex B).</summary>
    void SendPicture(TimeSpan now, ReadOnlySpan<byte> accessUnit);

    /// <summary>Sends an Opus packet.</summary>
    void SendSound(TimeSpan now, ReadOnlySpan<byte> packet);
}
