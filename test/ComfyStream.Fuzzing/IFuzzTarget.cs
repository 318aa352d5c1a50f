namespace ComfyStream.Fuzzing;

/// <summary>One entry of a parser. Deterministic: the same input takes the same way.</summary>
internal interface IFuzzTarget
{
    /// <summary>Its name on the command line.</summary>
    string Name { get; }

    /// <summary>Valid inputs to begin with.</summary>
    IReadOnlyList<byte[]> Seeds { get; }

    /// <summary>Words that mean something to the parser, to be put into inputs.</summary>
    IReadOnlyList<byte[]> Words => [];

    /// <summary>
    /// Gives an input to the parser, which lies at the end of readable memory and may be written to, and checks what was accepted.
    /// Says whether it was, so that what is made of it goes further. Throws for every finding.
    /// </summary>
    bool Run(Span<byte> input);
}
