using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ComfyStream.Server;

namespace ComfyStream.Cli;

/// <summary><c>drain</c>: asks a running server to take no new sessions and to end when the last one has left.</summary>
internal static class DrainCommand
{
    /// <summary>Holds the token, so that it need not stand in a command line, which everyone on the machine can read.</summary>
    private const string TokenVariable = "COMFYSTREAM_TOKEN";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(1);

    private const string Examples =
        $"""
        Examples:
          ./comfystream drain                                                the server on this machine, and wait for its end
          ./comfystream drain --deadline 60 --redirect https://relay2.example.org
          {TokenVariable}=... ./comfystream drain --address https://relay.example.org
          kill -USR1 PID                                                     the same, as the server's own options say
        """;

    public static Command Create()
    {
        var command = new Command("drain", "Let a running server end without ending anybody's stream: no new sessions, and its end when the last has left.");
        var address = new Option<string>("--address") { HelpName = "URL", DefaultValueFactory = _ => "http://127.0.0.1:8889", Description = "The server. Default http://127.0.0.1:8889." };
        var redirect = new Option<string?>("--redirect") { HelpName = "URL", Description = "Where new clients are sent meanwhile. Default as the server was started (--drain-redirect)." };
        var deadline = new Option<double?>("--deadline") { HelpName = "SECONDS", Description = "When those who are left are ended. Default as the server was started (--drain-deadline)." };
        var tokenFile = new Option<string?>("--token-file") { HelpName = "FILE", Description = $"File with a token that has the right admin. Default the variable {TokenVariable}." };
        foreach (Option option in new Option[] { address, redirect, deadline, tokenFile })
            command.Add(option);
        CommandLine.TeachBy(command, Examples);
        command.SetAction((parsed, cancellationToken) => RunAsync(
            Endpoint(parsed.GetValue(address)!),
            JsonContent.Create(new Dictionary<string, object?> { ["redirect"] = parsed.GetValue(redirect), ["deadline_seconds"] = parsed.GetValue(deadline) }),
            ReadToken(parsed.GetValue(tokenFile)),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Uri endpoint, HttpContent request, string? token, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = _patience };
        if (token is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using HttpResponseMessage answer = await SendAsync(() => http.PostAsync(endpoint, request, cancellationToken), endpoint);
        if (!answer.IsSuccessStatusCode)
            throw new ServeException($"{endpoint} refused: {await ReasonAsync(answer, cancellationToken)}");
        int sessions = await TellAsync(answer, -1, cancellationToken);

        // Its end is the end of its answers.
        while (true)
        {
            await Task.Delay(_interval, cancellationToken);
            try
            {
                using HttpResponseMessage status = await http.GetAsync(endpoint, cancellationToken);
                sessions = await TellAsync(status, sessions, cancellationToken);
            }
            catch (HttpRequestException)
            {
                Console.WriteLine("The server has ended.");
                return ExitCode.Success;
            }
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(Func<Task<HttpResponseMessage>> send, Uri endpoint)
    {
        try
        {
            return await send();
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException { InnerException: TimeoutException })
        {
            throw new ServeException($"No server answers at {endpoint}: {(e.InnerException ?? e).Message} Name another by --address URL.");
        }
    }

    private static async Task<int> TellAsync(HttpResponseMessage answer, int before, CancellationToken cancellationToken)
    {
        if (!answer.IsSuccessStatusCode)
            return before;
        JsonElement status = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        int sessions = status.GetProperty("sessions").GetInt32();
        if (sessions != before)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Draining: {sessions} sessions are left, until {status.GetProperty("deadline").GetDateTimeOffset():u} at most."));
        return sessions;
    }

    private static async Task<string> ReasonAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            JsonElement problem = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
            return problem.GetProperty("detail").GetString()!;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or NotSupportedException)
        {
            return $"{(int)answer.StatusCode}; is it a ComfyStream server?";
        }
    }

    private static Uri Endpoint(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out Uri? url) && (url.Scheme is "http" or "https")
            ? new Uri(url, "/control/drain")
            : throw new ServeException($"--address '{address}' must be as http://127.0.0.1:8889.");

    private static string? ReadToken(string? file)
    {
        try
        {
            string? token = file is null ? Environment.GetEnvironmentVariable(TokenVariable) : File.ReadAllText(file);
            return string.IsNullOrWhiteSpace(token) ? null : token.Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ServeException($"--token-file {file} cannot be read: {e.Message}");
        }
    }
}
