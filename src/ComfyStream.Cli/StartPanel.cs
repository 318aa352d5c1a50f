using System.Net;
using ComfyStream.Server.Hosting;
using ComfyStream.Server.Options;
using Spectre.Console;

namespace ComfyStream.Cli;

/// <summary>What is printed at start: a panel for a person, plain lines for a log.</summary>
internal static class StartPanel
{
    public static void Write(ServeSummary summary)
    {
        IReadOnlyList<(string Name, string Text)> rows = Rows(summary);
        if (Console.IsOutputRedirected)
            WritePlain(rows, summary.Warnings);
        else
            WriteRich(rows, summary.Warnings);
    }

    private static List<(string Name, string Text)> Rows(ServeSummary summary)
    {
        string at = summary.BaseAddress.ToString().TrimEnd('/');
        var rows = new List<(string Name, string Text)>();
        foreach (Uri address in summary.Addresses)
            rows.Add((rows.Count == 0 ? "Open" : "", address.ToString()));
        if (summary.Options.Demo)
            rows.Add(("", $"to see the demo: channel {ServeOptions.DemoChannel} through {ServeOptions.DemoWorkflow}, beside its input"));
        rows.Add(("Publish (WHIP)", $"{at}/whip?channelId=NAME"));
        rows.Add(("Watch (WHEP)", $"{at}/whep?streamId=NAME"));
        rows.Add(("Workflow", summary.IsPassthrough ? $"{summary.Workflow} (forwarded as it came) where a publisher names none" : $"{summary.Workflow} where a publisher names none"));
        string[] others = [.. summary.Workflows.Where(name => name != summary.Workflow)];
        if (others.Length > 0)
            rows.Add(("", $"others: {string.Join(", ", others)}; choose by --workflow NAME, or by &prompts=NAME when publishing"));
        rows.Add(("Media", $"UDP {string.Join(", ", summary.MediaEndPoints.Select(Port))}{(summary.IceTcpEndPoint is { } tcp ? $"; TCP {Port(tcp)}" : "")}; announced: {string.Join(", ", summary.Announced)}{(summary.Options.Advertise.Count > 0 ? "" : " (--advertise ADDRESS for another)")}"));
        if (summary.Codecs.Length > 0)
            rows.Add(("Codecs", summary.Codecs));
        if (summary.Inference.Length > 0)
            rows.Add(("Models", summary.Inference));
        rows.Add(("Workspace", summary.Workspace));
        return rows;
    }

    private static string Port(IPEndPoint port) =>
        port.Address.Equals(IPAddress.Any) || port.Address.Equals(IPAddress.IPv6Any) ? $"port {port.Port}" : port.ToString();

    private static void WritePlain(IReadOnlyList<(string Name, string Text)> rows, IReadOnlyList<string> warnings)
    {
        Console.WriteLine($"ComfyStream {RelayServer.Version} is running. Ctrl-C ends it.");
        foreach ((string name, string text) in rows)
            Console.WriteLine($"  {name,-15} {text}");
        foreach (string warning in warnings)
            Console.WriteLine($"  Note: {warning}");
        Console.Out.Flush();
    }

    private static void WriteRich(IReadOnlyList<(string Name, string Text)> rows, IReadOnlyList<string> warnings)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn();
        foreach ((string name, string text) in rows)
        {
            bool isAddress = Uri.IsWellFormedUriString(text, UriKind.Absolute);
            grid.AddRow(new Text(name, new Style(Color.Grey)), new Text(text, isAddress ? new Style(Color.Aqua, decoration: Decoration.Underline) : Style.Plain));
        }
        AnsiConsole.Write(new Panel(grid).Header($" ComfyStream {RelayServer.Version} ").RoundedBorder().BorderColor(Color.Grey));
        foreach (string warning in warnings)
            AnsiConsole.Write(new Text($"Note: {warning}\n", new Style(Color.Yellow)));
        AnsiConsole.Write(new Text("Ctrl-C ends it.\n", new Style(Color.Grey)));
    }
}
