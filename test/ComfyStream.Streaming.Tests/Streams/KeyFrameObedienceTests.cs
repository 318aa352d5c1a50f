using ComfyStream.Streaming.Streams;

namespace ComfyStream.Streaming.Tests.Streams;

public sealed class KeyFrameObedienceTests
{
    private readonly KeyFrameObedience _obedience = new();

    [Fact]
    public void A_publisher_that_answers_within_two_requests_obeys()
    {
        for (int round = 0; round < 10; round++)
        {
            _obedience.NoteRequest(Seconds(10 * round));
            _obedience.NoteRequest(Seconds(10 * round + 1));
            for (int i = 0; i < 20; i++)
                _obedience.Observe(Seconds(10 * round + i * 0.1), isKeyFrame: false);
            _obedience.Observe(Seconds(10 * round + 2.1), isKeyFrame: true);
        }

        Assert.False(_obedience.IsIgnoring);
    }

    [Fact]
    public void A_publisher_that_lets_requests_pass_is_found_out_before_its_next_key_frame()
    {
        _obedience.NoteRequest(Seconds(1));
        _obedience.Observe(Seconds(3.4), isKeyFrame: false);
        Assert.False(_obedience.IsIgnoring);

        _obedience.Observe(Seconds(3.6), isKeyFrame: false);
        Assert.True(_obedience.IsIgnoring);
    }

    [Fact]
    public void A_publisher_that_sends_nothing_at_all_is_not_blamed()
    {
        _obedience.NoteRequest(Seconds(0));

        Assert.False(_obedience.IsIgnoring);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
