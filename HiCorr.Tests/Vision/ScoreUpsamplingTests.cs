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
}
