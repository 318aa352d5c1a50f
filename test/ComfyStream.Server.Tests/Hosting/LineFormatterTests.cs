using ComfyStream.Server.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ComfyStream.Server.Tests.Hosting;

public sealed class LineFormatterTests
{
    [Theory]
    [InlineData(LogLevel.Debug, "DEBUG: x\n")]
    [InlineData(LogLevel.Information, "INFO: x\n")]
    [InlineData(LogLevel.Warning, "WARNING: x\n")]
    [InlineData(LogLevel.Error, "ERROR: x\n")]
    [InlineData(LogLevel.Critical, "CRITICAL: x\n")]
    public void A_line_begins_with_its_level(LogLevel level, string expected) => Assert.Equal(expected, Format(level, "x", null));

    [Fact]
    public void No_text_can_forge_a_line_or_steer_a_terminal()
    {
        string line = Format(LogLevel.Information, "a\r\nINFO: forged\u001b[2J\u2028\u202eb", null);
        Assert.Equal("INFO: a\uFFFD\uFFFDINFO: forged\uFFFD[2J\uFFFD\uFFFDb\n", line);
    }

    [Fact]
    public void The_lines_of_an_exception_are_indented()
    {
        string text = Format(LogLevel.Critical, "failed", new InvalidOperationException("one\nINFO: two"));
        Assert.All(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1), line => Assert.StartsWith("    ", line, StringComparison.Ordinal));
    }

    private static string Format(LogLevel level, string message, Exception? exception)
    {
        using var writer = new StringWriter();
        new LineFormatter().Write(new LogEntry<string>(level, "category", default, message, exception, (state, _) => state), null, writer);
        return writer.ToString();
    }
}
