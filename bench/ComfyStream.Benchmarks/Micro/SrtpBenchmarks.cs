using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using ComfyStream.WebRtc.Srtp;

namespace ComfyStream.Benchmarks.Micro;

/// <summary>Encrypting and decrypting one RTP packet with 1200 bytes of payload.</summary>
public class SrtpBenchmarks
{
    private const int HeaderBytes = 12;
    private const int PayloadBytes = 1200;

    // Packets of one key that are decrypted in turn: a packet is decrypted once only, because of the replay window.
    private const int Batch = 256;

    private readonly byte[] _header = new byte[HeaderBytes];
    private readonly byte[] _payload = RandomNumberGenerator.GetBytes(PayloadBytes);
    private readonly byte[] _packet = new byte[HeaderBytes + PayloadBytes + 64];
    private byte[][] _protected = [];
    private byte[] _copy = [];
    private byte[] _key = [];
    private byte[] _salt = [];
    private SrtpSendContext _sender = null!;
    private ulong _index;

    /// <summary>The cipher.</summary>
    [Params(NamedProfile.Gcm, NamedProfile.Counter)]
    public string Profile { get; set; } = "";

    /// <summary>Makes keys and packets.</summary>
    [GlobalSetup]
    public void Setup()
    {
        (_header[0], _header[1]) = (0x80, 96);
        _key = RandomNumberGenerator.GetBytes(16);
        _salt = RandomNumberGenerator.GetBytes(NamedProfile.SaltBytes(Profile));
        _sender = new SrtpSendContext(NamedProfile.Of(Profile), _key, _salt);
        _protected = new byte[Batch][];
        for (int i = 0; i < Batch; i++)
        {
            (_header[2], _header[3]) = ((byte)(i >> 8), (byte)i);
            int size = _sender.ProtectRtp(_header, _payload, (ulong)i, _packet);
            _protected[i] = _packet[..size];
        }

        _copy = new byte[_protected[0].Length];
    }

    /// <summary>Encrypts.</summary>
    [Benchmark]
    public int Protect() => _sender.ProtectRtp(_header, _payload, _index++ & 0xFFFF, _packet);

    /// <summary>Decrypts packets that were copied, and the making of a context for them, spread over 256.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public int Unprotect()
    {
        using var receiver = new SrtpReceiveContext(NamedProfile.Of(Profile), _key, _salt);
        int bytes = 0;
        foreach (byte[] packet in _protected)
        {
            packet.CopyTo(_copy, 0);
            if (!receiver.TryUnprotectRtp(_copy, out _, out int payloadBytes, out _))
                throw new InvalidOperationException("The packet is not authentic.");
            bytes += payloadBytes;
        }

        return bytes;
    }

    /// <summary>Wipes the keys.</summary>
    [GlobalCleanup]
    public void Cleanup() => _sender.Dispose();
}
