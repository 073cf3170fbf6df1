using HiCorr.Native.Random;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Segmentation;
using HiCorr.Pipeline.Stages.Train;

namespace HiCorr.Tests.Stages.Train;

/// <summary>A hundred frames of three pairs whose refined label is 0 and whose label by the 2D network is 1.</summary>
public sealed class CotrainingTests
{
    private const int Frames = 100;

    [Fact]
    public void A_frame_has_the_labels_of_one_network_as_a_whole()
    {
        DrawnPairs drawn = Draw(0.5, epoch: 0);

        foreach ((_, Range pairs) in drawn.Frames) Assert.Single(drawn.Labels.ToArray()[pairs].Distinct());
        Assert.InRange(drawn.Frames.Count(frame => drawn.Labels[frame.Pairs.Start.Value] == 1), 35, 65);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    public void Probability_zero_takes_none_and_one_all(double probability, byte label) => Assert.All(Draw(probability, epoch: 3).Labels, l => Assert.Equal(label, l));

    [Fact]
    public void Another_epoch_switches_other_frames_and_the_same_epoch_the_same()
    {
        Assert.Equal(Draw(0.5, epoch: 1).Labels, Draw(0.5, epoch: 1).Labels);
        Assert.NotEqual(Draw(0.5, epoch: 1).Labels, Draw(0.5, epoch: 2).Labels);
    }

    [Fact]
    public void Without_cotraining_labels_are_the_refined_ones() => Assert.All(Scene().DrawPairs(new CounterRandom(0, "views"), Frames, new ClassBalance([1, 1])).Labels, label => Assert.Equal(0, label));

    private static DrawnPairs Draw(double probability, ulong epoch) => Scene().DrawPairs(new CounterRandom(0, "views"), Frames, new ClassBalance([1, 1]),
        new LabelSwitch(new CounterRandom(0, "cotraining", epoch), probability));

    private static TrainingScene Scene() => new("s", new PointCloud { Positions = [], Colors = [], Normals = [] }, Upright.Rotation((0, 0, 1)), new LabelPairs
    {
        FrameOffsets = [.. Enumerable.Range(0, Frames + 1).Select(f => 3 * f)], Points = [.. Enumerable.Range(0, 3 * Frames).Select(i => i % 3)],
        Raw = new byte[3 * Frames], Refined = new byte[3 * Frames], Flat = [.. Enumerable.Repeat((byte)1, 3 * Frames)], Confidence = new byte[3 * Frames],
    }, new GeometricSets(new Segments([], 0)));
}
