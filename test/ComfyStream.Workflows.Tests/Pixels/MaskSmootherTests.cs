using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests.Pixels;

public sealed class MaskSmootherTests
{
    private const int Width = 16;
    private const int Height = 8;
    private static readonly TimeSpan Start = TimeSpan.FromHours(3);

    [Fact]
    public void The_first_mask_is_taken_as_it_is()
    {
        using var smoother = new MaskSmoother(Width, Height, 0.6, 0);
        Assert.Equal(0.5f, Update(smoother, 0.5f, Start), 1e-6f);
    }

    [Fact]
    public void At_thirty_frames_a_second_the_old_mask_keeps_its_share()
    {
        using var smoother = new MaskSmoother(Width, Height, 0.6, 0);
        Update(smoother, 1, Start);
        Assert.Equal(0.6f * 1 + 0.4f * 0.5f, Update(smoother, 0.5f, Start + Frames(1)), 1e-5f);
    }

    [Fact]
    public void At_a_lower_rate_it_fades_as_fast_in_the_streams_time()
    {
        using var smoother = new MaskSmoother(Width, Height, 0.6, 0);
        Update(smoother, 1, Start);
        Assert.Equal(0.36f * 1 + 0.64f * 0.5f, Update(smoother, 0.5f, Start + Frames(2)), 1e-5f);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(100)]
    [InlineData(-1)]
    public void After_a_gap_or_a_step_back_it_starts_anew(double seconds)
    {
        using var smoother = new MaskSmoother(Width, Height, 0.6, 0);
        Update(smoother, 1, Start);
        Assert.Equal(0.5f, Update(smoother, 0.5f, Start + TimeSpan.FromSeconds(seconds)), 1e-6f);
    }

    [Fact]
    public void Smoothing_of_zero_follows_the_network_at_once()
    {
        using var smoother = new MaskSmoother(Width, Height, 0, 0);
        Update(smoother, 1, Start);
        Assert.Equal(0.25f, Update(smoother, 0.25f, Start + Frames(1)), 1e-6f);
    }

    [Fact]
    public void Nobody_for_less_than_a_second_changes_nothing()
    {
        using var smoother = new MaskSmoother(Width, Height, 0, 1);
        for (int frame = 0; frame < 30; frame++)
            Assert.Equal(0.01f, Update(smoother, 0.01f, Start + Frames(frame)), 1e-6f);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Nobody_for_a_second_turns_the_whole_mask_to_the_chosen_weight(float emptyWeight)
    {
        using var smoother = new MaskSmoother(Width, Height, 0, emptyWeight);
        for (int frame = 0; frame < 30; frame++)
            Update(smoother, 0.01f, Start + Frames(frame));
        Assert.Equal(emptyWeight, Update(smoother, 0.01f, Start + Frames(30)), 1e-6f);
    }

    [Fact]
    public void The_turn_is_smooth()
    {
        using var smoother = new MaskSmoother(Width, Height, 0.6, 1);
        for (int frame = 0; frame < 30; frame++)
            Update(smoother, 0, Start + Frames(frame));
        Assert.Equal(0.4f, Update(smoother, 0, Start + Frames(30)), 1e-4f);
        Assert.Equal(0.64f, Update(smoother, 0, Start + Frames(31)), 1e-4f);
    }

    [Fact]
    public void Somebody_who_appears_is_followed_at_once_and_the_second_counts_anew()
    {
        using var smoother = new MaskSmoother(Width, Height, 0, 1);
        for (int frame = 0; frame <= 30; frame++)
            Update(smoother, 0, Start + Frames(frame));
        Assert.Equal(0.3f, Update(smoother, 0.3f, Start + Frames(31)), 1e-6f);
        for (int frame = 32; frame < 62; frame++)
            Assert.Equal(0, Update(smoother, 0, Start + Frames(frame)), 1e-6f);
        Assert.Equal(1, Update(smoother, 0, Start + Frames(62)), 1e-6f);
    }

    [Fact]
    public void A_gap_is_not_taken_for_a_second_of_nobody()
    {
        using var smoother = new MaskSmoother(Width, Height, 0, 1);
        Update(smoother, 0, Start);
        Assert.Equal(0, Update(smoother, 0, Start + TimeSpan.FromSeconds(5)), 1e-6f);
    }

    private static TimeSpan Frames(int count) => TimeSpan.FromSeconds(count / 30.0);

    private static float Update(MaskSmoother smoother, float fresh, TimeSpan time)
    {
        float[] mask = new float[Width * Height];
        Array.Fill(mask, fresh);
        smoother.Update(mask, time);
        return smoother.Mask.Weights[17];
    }
}
