namespace ComfyStream.Server.Options;

/// <summary>Files of the certificate of HTTPS.</summary>
/// <param name="Certificate">PEM with the chain, or PFX.</param>
/// <param name="Key">PEM of the key; null: it is in the first file.</param>
/// <param name="PasswordFile">Holds the password of a PFX file or encrypted key; null: there is none.</param>
public sealed record TlsFiles(string Certificate, string? Key, string? PasswordFile);
