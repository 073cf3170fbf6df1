using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Tests.Telemetry;

public sealed class ProgressTests
{
    [Theory]
    [InlineData(200)]
    [InlineData(80)]
    [InlineData(40)]
    [InlineData(1)]
    public void Line_never_wraps(int width) =>
        Assert.True(Progress.Line("pseudo-label", 0.5, "1200/2400 ETA 00:12:34 epoch 12/120 loss 2.345", width).Length < width);

    [Fact]
    public void Line_shows_everything_on_an_ordinary_terminal()
    {
        string line = Progress.Line("train", 0.41, "263/640 ETA 00:01:30 epoch 17/40 loss 2.114", 80);
        Assert.Contains("[####........]  41% 263/640 ETA 00:01:30 epoch 17/40 loss 2.114", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "00:00:00")]
    [InlineData(3723, "01:02:03")]
    [InlineData(2 * 86400 + 3723, "2d 01:02:03")]
    public void Durations_of_days_show_their_days(double seconds, string expected) => Assert.Equal(expected, Progress.Duration(seconds));

    [Fact]
    public void A_first_step_of_a_very_long_job_has_a_duration_too() => Assert.Contains("d ", Progress.Duration(1e30), StringComparison.Ordinal);
}
