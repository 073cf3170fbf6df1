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
    public void The_total_is_their_sum_where_it_is_asked_for() =>
        Assert.Equal(1, LossSchedule.Of(Configured(("train.loss_reduction", "sum"))).Weight(20));

    [Fact]
    public void Without_correlation_only_the_label_loss_counts() =>
        Assert.Equal(1, LossSchedule.Of(Configured(("correlation.scope", "none"), ("feedback.enabled", "false"))).Weight(119));

    [Fact]
    public void Feedback_without_correlation_is_refused() =>
        Assert.Equal("feedback.enabled", Assert.Throws<ConfigurationException>(() => LossSchedule.Of(Configured(("correlation.scope", "none")))).Key);

    [Theory]
    [InlineData(30, 0, 10)] // CLIP2Scene's: from epoch 10, counted from 0
    [InlineData(12, 0, 4)]
    [InlineData(30, 3, 2)]
    public void Self_training_starts_after_a_third_of_the_run_or_where_it_is_named(int epochs, int start, int expected) =>
        Assert.Equal(new LossSchedule(null, null, Consistency: true, expected), LossSchedule.Of(ConfigurationLoader.Load(null, null,
            [("train.epochs", $"{epochs}"), ("self_training.start_epoch", $"{start}")], "clip2scene")));

    [Fact]
    public void The_consistency_is_one_of_the_losses_of_the_mean() =>
        Assert.Equal(1f / 2, LossSchedule.Of(ConfigurationLoader.Load(null, null, [], "clip2scene")).Weight(29));

    [Theory]
    [InlineData("distillation.enabled")]
    [InlineData("consistency.enabled")]
    public void A_loss_on_image_features_needs_them_kept(string loss) =>
        Assert.Equal("pseudo_label.save_features", Assert.Throws<ConfigurationException>(() => LossSchedule.Of(Configured((loss, "true")))).Key);

    [Fact]
    public void Self_training_has_no_labels_to_replace_beside_a_distillation() =>
        Assert.Equal("self_training.enabled", Assert.Throws<ConfigurationException>(() =>
            LossSchedule.Of(ConfigurationLoader.Load(null, null, [("self_training.enabled", "true")], "openscene-distill"))).Key);

    [Fact]
    public void Cotraining_begins_after_a_third_of_the_run_unless_named()
    {
        Assert.Equal(10, LossSchedule.Of(Configured(("train.epochs", "30"), ("cotraining.enabled", "true"))).Cotraining);
        LossSchedule named = LossSchedule.Of(Configured(("cotraining.enabled", "true"), ("cotraining.start_epoch", "5")));
        Assert.Equal((false, true), (named.HasCotraining(3), named.HasCotraining(4)));
        Assert.False(LossSchedule.Of(Configured()).HasCotraining(119));
    }

    [Fact]
    public void Cotraining_without_the_label_loss_is_refused() =>
        Assert.Equal("cotraining.enabled", Assert.Throws<ConfigurationException>(() => LossSchedule.Of(Configured(
            ("cotraining.enabled", "true"), ("distillation.enabled", "true"), ("pseudo_label.save_features", "true")))).Key);

    private static Configuration Configured(params (string, string)[] settings) => ConfigurationLoader.Load(null, null, settings);
}
