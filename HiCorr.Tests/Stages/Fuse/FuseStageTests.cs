using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Datasets;
using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages;
using HiCorr.Pipeline.Stages.Fuse;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Vision;
using HiCorr.Tests.Vision;

namespace HiCorr.Tests.Stages.Fuse;

/// <summary>Two frames, a pixel a point, look at a strip of six points: the second frame does not see the last two, none sees the fourth.</summary>
public sealed class FuseStageTests : IDisposable
{
    private const int Points = 6, Unseen = 3, Cells = 12, CellRows = 2, Dimension = 3;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_fused_feature_is_the_mean_of_the_unit_features_of_its_views()
    {
        FusedFeatures fused = FusedFeatures.Load(Stage().Get("strip"), Points);

        Assert.Equal<ushort[]>([2, 2, 2, 0, 1, 1], fused.Views);
        Assert.Equal([0, 1, 2, 4, 5], fused.Points);
        float[] feature = new float[Dimension];
        for (int i = 0; i < fused.Points.Length; i++)
        {
            fused.CopyTo(i, feature);
            double[] expected = Direct(fused.Points[i]);
            for (int k = 0; k < Dimension; k++) Assert.Equal(expected[k], feature[k], 1e-3); // stored in float16
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Fusing_in_parts_gives_the_same_bits(int pointsAtOnce)
    {
        FuseStage stage = Stage();
        FusedFeatures whole = FusedFeatures.Load(stage.Get("strip"), Points);

        FusedFeatures parts = stage.Fuse(SceneFolder.Load(stage.Upstream[0].Get("strip")), pointsAtOnce, CancellationToken.None);

        Assert.Equal(whole.Views, parts.Views);
        float[] a = new float[Dimension], b = new float[Dimension];
        for (int i = 0; i < whole.Points.Length; i++)
        {
            whole.CopyTo(i, a);
            parts.CopyTo(i, b);
            Assert.Equal(a, b);
        }
    }

    [Fact]
    public void Features_that_are_not_kept_are_an_error_that_names_the_setting()
    {
        var error = Assert.Throws<ConfigurationException>(() => Stage("false"));

        Assert.Equal("pseudo_label.save_features", error.Key);
    }

    [Fact]
    public void Features_of_another_cloud_are_an_artefact_error() =>
        Assert.Throws<ArtefactException>(() => FusedFeatures.Load(Stage().Get("strip"), Points + 1));

    /// <summary>The definition in double: cells to unit length, half-pixel bilinear interpolation, unit length again, mean over the views.</summary>
    private static double[] Direct(int point)
    {
        double[] sum = new double[Dimension];
        int views = 0;
        for (int frame = 0; frame < 2; frame++)
        {
            if (frame == 1 && point > Unseen) continue;
            views++;
            // The image of 6 x 1 pixels fills 48 x 8 of the network's input: 12 x 2 cells of 4 x 4.
            double x = Math.Clamp((point + 0.5) * Cells / 6 - 0.5, 0, Cells - 1), y = 0.5 * CellRows - 0.5;
            int left = (int)x, above = (int)y;
            double[] feature = new double[Dimension];
            foreach ((int column, int row, double weight) in ((int, int, double)[])[(left, above, (1 - x + left) * (1 - y + above)), (left + 1, above, (x - left) * (1 - y + above)), (left, above + 1, (1 - x + left) * (y - above)), (left + 1, above + 1, (x - left) * (y - above))])
            {
                double[] cell = [.. Enumerable.Range(0, Dimension).Select(k => (double)Features(frame)[(k * CellRows + row) * Cells + Math.Min(column, Cells - 1)])];
                double length = Math.Sqrt(cell.Sum(value => value * value));
                for (int k = 0; k < Dimension; k++) feature[k] += weight * cell[k] / length;
            }
            double norm = Math.Sqrt(feature.Sum(value => value * value));
            for (int k = 0; k < Dimension; k++) sum[k] += feature[k] / norm;
        }
        return [.. sum.Select(value => value / views)];
    }

    private static Half[] Features(int frame) => [.. Numbers.Normal(Dimension * CellRows * Cells, (ulong)frame + 1).Select(value => (Half)value)];

    private FuseStage Stage(string saveFeatures = "true")
    {
        Configuration configuration = ConfigurationLoader.Load(null, null, [("pseudo_label.save_features", saveFeatures)]);
        var cache = new StageCache(_folder.PathOf("cache"));
        return new FuseStage(cache, configuration, ModelPack.Open(TinyPack.Source), Strip(cache), FeaturesOfStrip(cache));
    }

    private SceneStage Strip(StageCache cache) => new StubStage(cache, "preprocess", (scene, result) => SceneFolder.Save(result, new Scene
    {
        Name = scene,
        Cloud = new PointCloud { Positions = [.. Enumerable.Range(0, Points).SelectMany(i => (float[])[i, 0, 1])], Normals = new float[3 * Points], Colors = new byte[3 * Points] },
        Frames = [StripFrame.Write(_folder, "0", 1000, 1000, 1000, 0, 1000, 1000), StripFrame.Write(_folder, "1", 1000, 1000, 1000, 0, 3000, 3000)],
    }));

    private static SceneStage FeaturesOfStrip(StageCache cache) => new StubStage(cache, "pseudo-label", (_, result) =>
    {
        for (int frame = 0; frame < 2; frame++)
        {
            LabelMapFile.Write(result.PathOf($"{frame}.labels"), new LabelMap(6, 1, 6, 1, new byte[6], new byte[6]));
            NpyWriter.Write<Half>(result.PathOf($"{frame}.features.npy"), Features(frame), Dimension, CellRows, Cells);
        }
    });
}
