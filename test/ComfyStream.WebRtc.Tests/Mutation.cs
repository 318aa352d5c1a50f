namespace ComfyStream.WebRtc.Tests;

/// <summary>Damages valid input for parser tests: flips, overwrites, cuts, extends and repeats bytes.</summary>
internal static class Mutation
{
    public static byte[] Of(byte[] valid, Random random)
    {
        List<byte> bytes = [.. valid];
        for (int change = random.Next(1, 5); change > 0; change--)
        {
            int position = random.Next(bytes.Count + 1);
            switch (random.Next(6))
            {
                case 0 when position < bytes.Count:
                    bytes[position] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when position < bytes.Count:
                    bytes[position] = (byte)random.Next(256);
                    break;
                case 2 when position < bytes.Count:
                    bytes[position] = random.Next(2) == 0 ? (byte)0 : (byte)255;
                    break;
                case 3:
                    bytes.RemoveRange(position, Math.Min(random.Next(8), bytes.Count - position));
                    break;
                case 4:
                    bytes.Insert(position, (byte)random.Next(256));
                    break;
                case 5:
                    bytes.RemoveRange(position, bytes.Count - position);
                    break;
            }
        }

        return [.. bytes];
    }
}
