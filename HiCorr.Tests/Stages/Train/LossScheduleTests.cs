using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Stages.Train;

namespace HiCorr.Tests.Stages.Train;

public sealed class LossScheduleTests
{
    [Theory]
    [InlineData(120, 10, 20)] // the paper's: from epochs 11 and 21
    [InlineData(60, 5, 10)]
    [InlineData(12, 1, 2)]
    [InlineData(3, 0, 0)]
    public void Starts_scale_with_the_run(int epochs, int correlation, int feedback) =>
        Assert.Equal(new LossSchedule(correlation, feedback), LossSchedule.Of(Configured(("train.epochs", $"{epochs}"))));

    [Fact]
    public void A_named_epoch_counts_from_one() =>
        Assert.Equal(new LossSchedule(0, 6), LossSchedule.Of(Configured(("correlation.start_epoch", "1"), ("feedback.start_epoch", "7"))));

    [Fact]
    public void The_total_is_the_mean_of_the_active_losses()
    {
        LossSchedule schedule = LossSchedule.Of(Configured());

        Assert.Equal([1f, 1f / 2, 1f / 3], [schedule.Weight(9), schedule.Weight(10), schedule.Weight(20)]);
    }

    [Fact]
    public void Without_correlation_only_the_label_loss_counts() =>
        Assert.Equal(1, LossSchedule.Of(Configured(("correlation.scope", "none"), ("feedback.enabled", "false"))).Weight(119));

    [Fact]
    public void Feedback_without_correlation_is_refused() =>
        Assert.Equal("feedback.enabled", Assert.Throws<ConfigurationException>(() => LossSchedule.Of(Configured(("correlation.scope", "none")))).Key);

    private static Configuration Configured(params (string, string)[] settings) => ConfigurationLoader.Load(null, null, settings);
}
