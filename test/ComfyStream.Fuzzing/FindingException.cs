namespace ComfyStream.Fuzzing;

/// <summary>A parser accepted something that contradicts itself.</summary>
internal sealed class FindingException(string message) : Exception(message)
{
    public static void ThrowUnless(bool condition, string message)
    {
        if (!condition)
            throw new FindingException(message);
    }
}
