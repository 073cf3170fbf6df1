using HiCorr.Pipeline.Evaluation.Noise;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Evaluation.Noise;

public sealed class ViewNoiseTests
{
    [Fact]
    public void Counts_all_labels_together_and_every_view_for_itself()
    {
        var noise = new ViewNoise(new ClassList("three", ["wall", "chair", "sink"]));
        noise.AddView([0, 0, 0, 1], [0, 0, 0, 0]); // 3 of 4; IoU 3/4, 0, -
        noise.AddView([0, 1], [0, 1]); // all right
        noise.AddView([], []); // sees nothing

        Assert.Equal(2, noise.Views);
        Assert.Equal(6, noise.Pooled.Points);
        Assert.Equal(5 / 6.0, noise.Pooled.OverallAccuracy, 12);
        Assert.Equal((4 / 5.0 + 1 / 2.0) / 2, noise.Pooled.MeanIou, 12);
        Assert.Equal((3 / 4.0 + 1) / 2, noise.MeanAccuracy, 12);
        Assert.Equal(1 / 8.0, noise.AccuracyDeviation, 12);
        Assert.Equal((3 / 8.0 + 1) / 2, noise.MeanViewIou, 12);
    }
}
