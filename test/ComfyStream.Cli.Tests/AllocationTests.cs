namespace ComfyStream.Cli.Tests;

/// <summary>What operations of the media path allocate, against the table in the repository.</summary>
public sealed class AllocationTests
{
    [Fact]
    public async Task No_operation_allocates_more_than_its_line_in_the_table()
    {
        (int code, string printed, string errors) = await BenchmarkTests.RunAsync("micro", "--check-allocations");

        Assert.True(code == 0, $"{printed}\n{errors}");
    }
}
