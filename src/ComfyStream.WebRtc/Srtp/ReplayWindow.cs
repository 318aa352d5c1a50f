using System.Runtime.CompilerServices;

namespace ComfyStream.WebRtc.Srtp;

/// <summary>
/// Which of the last 1024 packet indices have been seen (RFC 3711 3.3.2). The bits form a ring addressed by the index itself, so
/// nothing is shifted. Ask first, <see cref="Accept"/> only after the packet is authenticated.
/// </summary>
internal struct ReplayWindow
{
    public const int SizePackets = 1024;

    private Bits _seen;
    private bool _any;

    /// <summary>The highest index accepted; 0 before the first.</summary>
    public ulong Highest { get; private set; }

    /// <summary>Whether the index is new: above the window, or within it and not seen.</summary>
    public readonly bool IsNew(ulong index)
    {
        if (!_any || index > Highest)
            return true;
        return Highest - index < SizePackets && (_seen[Word(index)] & Bit(index)) == 0;
    }

    /// <summary>Marks an index for which <see cref="IsNew"/> holds, and moves the window up to it if it is the highest.</summary>
    public void Accept(ulong index)
    {
        if (!_any || index > Highest)
            MoveTo(index);
        _seen[Word(index)] |= Bit(index);
    }

    private void MoveTo(ulong index)
    {
        if (!_any || index - Highest >= SizePackets)
            ((Span<ulong>)_seen).Clear();
        else
            for (var passed = Highest + 1; passed < index; passed++)
                _seen[Word(passed)] &= ~Bit(passed);
        _seen[Word(index)] &= ~Bit(index);
        Highest = index;
        _any = true;
    }

    private static int Word(ulong index) => (int)(index % SizePackets / 64);

    private static ulong Bit(ulong index) => 1UL << (int)(index % 64);

    [InlineArray(SizePackets / 64)]
    private struct Bits
    {
        private ulong _first;
    }
}
