namespace ComfyStream.Server.Demo;

/// <summary>
/// Quiet stereo sound: a slow arpeggio that wanders from left to right, so that it can be heard whether both channels arrive.
/// Owned by one thread.
/// </summary>
internal sealed class DemoSound
{
    /// <summary>Samples per second and channel.</summary>
    public const int SampleRate = 48_000;

    private const double NoteSeconds = 0.42;
    private const double Loudness = 0.16;

    // A minor pentatonic, in Hz.
    private static readonly double[] Notes = [220, 261.63, 329.63, 392, 440, 392, 329.63, 261.63];

    private long _position;

    /// <summary>Writes the next samples, left and right in turn, -1 to 1.</summary>
    public void Read(Span<float> interleaved)
    {
        for (int i = 0; i < interleaved.Length; i += 2)
        {
            double time = _position++ / (double)SampleRate;
            double note = time / NoteSeconds;
            double inNote = (note - Math.Floor(note)) * NoteSeconds;
            double envelope = Math.Min(inNote / 0.01, 1) * Math.Exp(-inNote * 5);
            double pitch = Notes[(int)(note % Notes.Length)];
            double tone = Math.Sin(time * pitch * Math.Tau) + 0.4 * Math.Sin(time * 2 * pitch * Math.Tau);
            double pan = (1 + Math.Sin(time * 0.7)) / 2;
            interleaved[i] = (float)(Loudness * envelope * tone * (1 - pan));
            interleaved[i + 1] = (float)(Loudness * envelope * tone * pan);
        }
    }
}
