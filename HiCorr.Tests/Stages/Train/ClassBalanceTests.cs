using HiCorr.Native.Random;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Segmentation;
using HiCorr.Pipeline.Stages.Train;

namespace HiCorr.Tests.Stages.Train;

public sealed class ClassBalanceTests
{
    private const int Frequent = 9000, Rare = 1000;

    [Fact]
    public void Exponent_zero_keeps_every_pair() => Assert.Equal(Frequent + Rare, Draw(0).Length);

    [Fact]
    public void Exponent_one_draws_all_classes_about_equally_often()
    {
        byte[] drawn = Draw(1);

        Assert.Equal(Rare, drawn.Count(label => label == 1));
        Assert.InRange(drawn.Count(label => label == 0), Rare - 150, Rare + 150);
    }

    [Fact]
    public void Exponent_one_half_draws_by_the_root_of_the_share() => Assert.InRange(Draw(0.5).Count(label => label == 0), 2800, 3200);

    [Fact]
    public void Another_epoch_draws_other_pairs_and_the_same_epoch_the_same() =>
        Assert.Multiple(() => Assert.Equal(Draw(1, epoch: 3), Draw(1, epoch: 3)), () => Assert.NotEqual(Draw(1, epoch: 3), Draw(1, epoch: 4)));

    private static byte[] Draw(double exponent, ulong epoch = 0)
    {
        byte[] labels = new byte[Frequent + Rare];
        for (int i = 0; i < labels.Length; i++) labels[i] = (byte)(i % 10 == 0 ? 1 : 0);
        var scene = new TrainingScene("s", new PointCloud { Positions = [], Colors = [], Normals = [] }, Upright.Rotation((0, 0, 1)), new LabelPairs
        {
            FrameOffsets = [0, labels.Length], Points = [.. Enumerable.Range(0, labels.Length)], Raw = labels, Refined = labels, Confidence = new byte[labels.Length],
        }, new GeometricSets(new Segments([], 0)));
        List<byte> drawn = scene.DrawPairs(new CounterRandom(0, "views", epoch), 8, ClassBalance.Of([scene], 2, exponent)).Labels;
        return [.. drawn];
    }
}
