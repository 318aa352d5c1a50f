using ComfyStream.Streaming.Pipeline;

namespace ComfyStream.Streaming.Tests.Pipeline;

public sealed class FailurePolicyTests
{
    private static readonly ProcessLimits Limits = ProcessLimits.Default;
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(1000);

    private readonly FailurePolicy _policy = new(Limits);

    [Fact]
    public void Nine_failures_in_a_row_are_followed_by_the_next_try_at_once_and_the_tenth_by_half_a_second()
    {
        for (int i = 0; i < 9; i++)
        {
            _policy.OnFailed(Start, Start);
            Assert.False(_policy.IsResting(Start));
        }

        for (int i = 0; i < 3; i++)
        {
            _policy.OnFailed(Start, Start);
            Assert.True(_policy.IsResting(Start + Milliseconds(499)));
            Assert.False(_policy.IsResting(Start + Milliseconds(500)));
        }
    }

    [Fact]
    public void A_success_forgives_all_failures()
    {
        for (int i = 0; i < 15; i++)
            _policy.OnFailed(Start, Start);
        _policy.OnProcessed();
        _policy.OnFailed(Start, Start + Milliseconds(500));
        Assert.False(_policy.IsResting(Start + Milliseconds(500)));
    }

    [Fact]
    public void One_that_fails_slowly_rests_as_long_as_it_takes()
    {
        for (int i = 0; i < 10; i++)
            _policy.OnFailed(Start, Start + Milliseconds(2100));
        Assert.True(_policy.IsResting(Start + Milliseconds(4199)));
        Assert.False(_policy.IsResting(Start + Milliseconds(4200)));
    }

    [Fact]
    public void Rests_between_tries_to_make_a_processor_double_up_to_half_a_minute_and_begin_anew_after_a_success()
    {
        foreach (int seconds in new[] { 1, 2, 4, 8, 16, 30, 30, 30 })
        {
            _policy.OnCreationFailed(Start);
            Assert.True(_policy.IsResting(Start + TimeSpan.FromSeconds(seconds) - Milliseconds(1)));
            Assert.False(_policy.IsResting(Start + TimeSpan.FromSeconds(seconds)));
        }

        for (int i = 0; i < 5000; i++)
            _policy.OnCreationFailed(Start);
        Assert.False(_policy.IsResting(Start + TimeSpan.FromSeconds(30)));

        _policy.OnCreated();
        _policy.OnCreationFailed(Start);
        Assert.False(_policy.IsResting(Start + TimeSpan.FromSeconds(1)));
    }

    [Theory]
    [InlineData(false, 1.999, (int)CallVerdict.Wait)]
    [InlineData(false, 2, (int)CallVerdict.Cancel)]
    [InlineData(false, 4.999, (int)CallVerdict.Cancel)]
    [InlineData(false, 5, (int)CallVerdict.Abandon)]
    [InlineData(true, 29.999, (int)CallVerdict.Wait)]
    [InlineData(true, 30, (int)CallVerdict.Cancel)]
    [InlineData(true, 32.999, (int)CallVerdict.Cancel)]
    [InlineData(true, 33, (int)CallVerdict.Abandon)]
    public void A_call_is_cancelled_after_two_seconds_and_given_up_after_five_but_the_first_one_may_warm_up(bool isFirst, double seconds, int verdict) =>
        Assert.Equal((CallVerdict)verdict, _policy.Judge(TimeSpan.FromSeconds(seconds), isFirst));

    [Fact]
    public void After_the_end_of_the_stream_a_call_has_a_second()
    {
        Assert.Equal(CallVerdict.Wait, _policy.JudgeAtEnd(Milliseconds(499)));
        Assert.Equal(CallVerdict.Cancel, _policy.JudgeAtEnd(Milliseconds(500)));
        Assert.Equal(CallVerdict.Cancel, _policy.JudgeAtEnd(Milliseconds(999)));
        Assert.Equal(CallVerdict.Abandon, _policy.JudgeAtEnd(Milliseconds(1000)));
    }

    [Fact]
    public void The_third_call_that_is_given_up_is_the_last()
    {
        _policy.OnAbandoned(mayGoOn: true);
        _policy.OnAbandoned(mayGoOn: true);
        Assert.False(_policy.IsDisabled);
        _policy.OnAbandoned(mayGoOn: true);
        Assert.True(_policy.IsDisabled);
        Assert.True(_policy.IsResting(TimeSpan.MaxValue));
    }

    [Fact]
    public void The_first_one_is_the_last_where_no_worker_can_take_over()
    {
        _policy.OnAbandoned(mayGoOn: false);
        Assert.True(_policy.IsDisabled);
    }

    [Fact]
    public void A_result_is_late_after_150_ms()
    {
        Assert.False(_policy.IsLate(Start, Start + Milliseconds(150)));
        Assert.True(_policy.IsLate(Start, Start + Milliseconds(151)));
    }

    private static TimeSpan Milliseconds(double count) => TimeSpan.FromMilliseconds(count);
}
