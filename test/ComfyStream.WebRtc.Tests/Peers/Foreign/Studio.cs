namespace ComfyStream.WebRtc.Tests.Peers.Foreign;

/// <summary>Sends pictures through a pair at 30 a second, each with a packet of sound, and knows what was sent.</summary>
internal sealed class Studio<TClient>(ForeignPair<TClient> pair)
    where TClient : ForeignPeer, IForeignPublisher
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(33);

    /// <summary>All pictures so far.</summary>
    public List<byte[]> Pictures { get; } = [];

    public List<byte[]> Sounds { get; } = [];

    /// <summary>Sends pictures, of which the first is a key frame if asked for, and gives them.</summary>
    public List<byte[]> Send(int count, bool keyFrameFirst = true, bool sound = false, int averageBytes = 4000)
    {
        int before = Pictures.Count;
        for (int i = 0; i < count; i++)
        {
            byte[] picture = AccessUnits.Make(keyFrameFirst && i == 0, averageBytes / 2 + Pictures.Count * 997 % averageBytes, Pictures.Count);
            pair.Client.SendPicture(pair.Now, picture);
            Pictures.Add(picture);
            if (sound)
            {
                byte[] packet = [.. Enumerable.Repeat((byte)Sounds.Count, 80)];
                pair.Client.SendSound(pair.Now, packet);
                Sounds.Add(packet);
            }

            pair.Run(_interval);
        }

        return Pictures[before..];
    }
}
