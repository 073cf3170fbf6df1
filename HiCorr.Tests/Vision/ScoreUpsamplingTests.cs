using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Tests.Vision;

public sealed class ScoreUpsamplingTests
{
    private const int Width = 8;

    [Theory]
    [InlineData(0, 5, 7, 13, 20)]
    [InlineData(1, 14, 26, 28, 52)]
    [InlineData(2, 14, 14, 14, 26)]
    [InlineData(3, 6, 9, 3, 4)]
    public void Agrees_with_PyTorch_on_the_best_class_and_its_probability(int size, int rows, int columns, int targetRows, int targetColumns)
    {
        string folder = SharedFolder.Require("golden", "torch", "resize");
        float[] x = NpyReader.ReadFloats(Path.Combine(folder, $"size{size}_x.npy")).Data;
        double[] y = NpyReader.Read<double>(Path.Combine(folder, $"size{size}_bilinear_y.npy")).Data;
        int channels = x.Length / (rows * columns), pixels = targetRows * targetColumns;
        float[] scores = new float[rows * columns * Width];
        Array.Fill(scores, ClassScorer.Nothing);
        for (int c = 0; c < channels; c++)
            for (int i = 0; i < rows * columns; i++) scores[i * Width + c] = x[c * rows * columns + i];

        (byte[] labels, byte[] confidence, _) = ScoreUpsampling.Label(scores, false, columns, Width, channels,
            BilinearAxis.Build(targetRows, (double)rows / targetRows, 0, rows), BilinearAxis.Build(targetColumns, (double)columns / targetColumns, 0, columns));

        for (int i = 0; i < pixels; i++)
        {
            double[] values = [.. Enumerable.Range(0, channels).Select(c => y[c * pixels + i])];
            int best = Array.IndexOf(values, values.Max());
            Assert.Equal(best, labels[i]);
            Assert.InRange(confidence[i] - 255 / values.Sum(value => Math.Exp(value - values[best])), -0.51, 0.51);
        }
    }

    [Theory]
    [InlineData(0, 5, 7, 13, 20)]
    [InlineData(3, 6, 9, 3, 4)]
    public void Samples_where_PyTorch_does(int size, int rows, int columns, int targetRows, int targetColumns)
    {
        string folder = SharedFolder.Require("golden", "torch", "resize");
        float[] x = NpyReader.ReadFloats(Path.Combine(folder, $"size{size}_x.npy")).Data;
        double[] expected = NpyReader.Read<double>(Path.Combine(folder, $"size{size}_bilinear_y.npy")).Data;
        var vertical = BilinearAxis.Build(targetRows, (double)rows / targetRows, 0, rows);
        var horizontal = BilinearAxis.Build(targetColumns, (double)columns / targetColumns, 0, columns);

        for (int i = 0; i < targetRows; i++)
            for (int j = 0; j < targetColumns; j++)
            {
                double top = Mix(x[vertical.Lower[i] * columns + horizontal.Lower[j]], x[vertical.Lower[i] * columns + horizontal.Upper[j]], horizontal.Weight[j]);
                double bottom = Mix(x[vertical.Upper[i] * columns + horizontal.Lower[j]], x[vertical.Upper[i] * columns + horizontal.Upper[j]], horizontal.Weight[j]);
                Assert.Equal(expected[i * targetColumns + j], Mix(top, bottom, vertical.Weight[i]), 1e-5);
            }

        static double Mix(double a, double b, double weight) => a + (b - a) * weight;
    }

    [Fact]
    public void Takes_the_first_of_equal_classes_and_ignores_lanes_without_a_class()
    {
        float[] scores = [2, 5, 5, 1, ClassScorer.Nothing, ClassScorer.Nothing, ClassScorer.Nothing, ClassScorer.Nothing];
        var one = BilinearAxis.Build(1, 1, 0, 1);

        (byte[] labels, byte[] confidence, _) = ScoreUpsampling.Label(scores, false, 1, Width, 4, one, one);

        Assert.Equal(1, labels[0]);
        Assert.Equal((byte)Math.Round(255 / (2 + Math.Exp(-3) + Math.Exp(-4))), confidence[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gives_the_entropy_of_scores_and_of_probabilities(bool areProbabilities)
    {
        // Interpolated half way between two cells: scores (1, 1, 0), probabilities (0.5, 0.25, 0.25).
        float[] cells = new float[2 * Width];
        Array.Fill(cells, areProbabilities ? 0 : ClassScorer.Nothing);
        float[][] values = areProbabilities ? [[0.75f, 0.25f, 0], [0.25f, 0.25f, 0.5f]] : [[2, 0, 0], [0, 2, 0]];
        for (int i = 0; i < 2; i++) values[i].CopyTo(cells, i * Width);
        double[] expected = areProbabilities ? [0.5, 0.25, 0.25] : [1 / (2 + 1 / Math.E), 1 / (2 + 1 / Math.E), 1 / (2 * Math.E + 1)];

        PixelLabels labels = ScoreUpsampling.Label(cells, areProbabilities, 2, Width, 3, BilinearAxis.Build(1, 1, 0, 1), BilinearAxis.Build(1, 2, 0, 2));

        Assert.Equal(0, labels.Labels[0]);
        Assert.Equal((byte)Math.Round(255 * expected[0]), labels.Confidence[0]);
        Assert.Equal((byte)Math.Round(-255 * expected.Sum(p => p * Math.Log(p)) / Math.Log(3)), labels.Entropy[0]);
    }

    [Theory]
    [InlineData(1, 0)] // one class is certain
    [InlineData(5, 255)] // five equal ones are not
    public void Entropy_goes_from_0_to_255(int classes, byte expected)
    {
        float[] cells = [.. Enumerable.Range(0, Width).Select(c => c < classes ? 3 : ClassScorer.Nothing)];
        var one = BilinearAxis.Build(1, 1, 0, 1);

        Assert.Equal(expected, ScoreUpsampling.Label(cells, false, 1, Width, classes, one, one).Entropy[0]);
    }
}
