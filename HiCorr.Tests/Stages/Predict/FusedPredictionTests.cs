using HiCorr.Pipeline.Stages.Predict;

namespace HiCorr.Tests.Stages.Predict;

public sealed class FusedPredictionTests
{
    [Theory]
    [InlineData(new[] { 0.1f, 0.9f, 0.2f }, new[] { 0.8f, 0.3f, 0.7f }, true)]
    [InlineData(new[] { 0.1f, 0.5f, 0.5f }, new[] { 0.6f, -0.9f, -0.9f }, false)] // the best one decides, whatever the others are
    [InlineData(new[] { -0.2f, -0.3f, -0.4f }, new[] { -0.1f, -0.9f, -0.9f }, false)]
    [InlineData(new[] { 0.5f, 0.1f, 0.1f }, new[] { 0.1f, 0.5f, 0.1f }, true)] // of equals the image's
    public void Ensemble_takes_the_feature_whose_best_score_is_higher(float[] fused, float[] network, bool takesFused) =>
        Assert.Equal(takesFused, FusedPrediction.IsHigher(fused, network));
}
