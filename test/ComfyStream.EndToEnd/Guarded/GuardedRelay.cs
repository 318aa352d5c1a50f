using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ComfyStream.EndToEnd.Processes;
using ComfyStream.Server.Options;

namespace ComfyStream.EndToEnd.Guarded;

/// <summary>A relay with HTTPS from files, tokens, and a TURN server with a password; it logs all that it can.</summary>
public sealed class GuardedRelay : RelayProcess
{
    private const string TurnPassword = "turn-password-1f0c", TurnSecret = "turn-secret-77d2";

    public GuardedRelay()
        : this(NewToken.Create("publish,view", "*", "guest"), NewToken.Create("admin", "*", "admin"), MakeCertificate(), Directory.CreateTempSubdirectory("comfystream-e2e-"))
    {
    }

    private GuardedRelay(NewToken guest, NewToken admin, (string Pem, string Key) certificate, DirectoryInfo folder)
        : base([
            "--config", Write(folder, "relay.json", $$"""{ "auth": { "tokens": [ {{guest.Entry}}, {{admin.Entry}} ] } }"""),
            "--tls-certificate", Write(folder, "tls.pem", certificate.Pem + "\n" + certificate.Key),
            "--ice-server", $"turn:user:{TurnPassword}@127.0.0.1:1",
            "--ice-server", "turn:127.0.0.1:2",
            "--turn-secret-file", Write(folder, "turn.secret", TurnSecret),
            "--log-level", "debug"])
    {
        Guest = guest.Text;
        Admin = admin.Text;
        Secrets = [guest.Text, admin.Text, TurnPassword, TurnSecret, .. certificate.Key.Split('\n').Where(line => line.Length > 20 && !line.StartsWith('-'))];
    }

    /// <summary>May publish and watch.</summary>
    public string Guest { get; }

    /// <summary>May do everything.</summary>
    public string Admin { get; }

    /// <summary>What must never be told.</summary>
    public IReadOnlyList<string> Secrets { get; }

    private static string Write(DirectoryInfo folder, string name, string text)
    {
        string path = Path.Combine(folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static (string Pem, string Key) MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=relay under test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(30));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
