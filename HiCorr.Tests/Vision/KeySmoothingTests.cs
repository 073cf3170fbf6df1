using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Tests.Vision;

public sealed class KeySmoothingTests
{
    [Theory]
    [InlineData("scores", "smoothed-all", 1.0)]
    [InlineData("scores", "smoothed-some", 0.6)]
    [InlineData("denoised", "denoised-smoothed-all", 1.0)]
    [InlineData("denoised", "denoised-smoothed-some", 0.6)]
    public void Agrees_with_PyTorch_up_to_the_sum_of_a_cell(string from, string to, double threshold)
    {
        (float[] scores, int width, int classes) = SmoothingGolden.Scores(from);
        (float[] expected, _, _) = SmoothingGolden.Scores(to);
        NpyArray<float> keys = SmoothingGolden.Read("keys");

        float[] smoothed = KeySmoothing.Apply(scores, width, classes, new CellMap(keys.Shape[0], SmoothingGolden.Height, SmoothingGolden.Width, keys.Data).Normalise(), threshold);

        for (int cell = 0; cell < SmoothingGolden.Cells; cell++)
        {
            float[] row = expected[(cell * width)..(cell * width + classes)];
            float sum = row.Sum(value => Math.Max(0, value));
            for (int c = 0; c < classes; c++) Assert.Equal(Math.Max(0, row[c]) / sum, smoothed[cell * width + c], 1e-5);
        }
    }

    [Theory]
    [InlineData(300, 11, 5, 1.0)]
    [InlineData(257, 64, 20, 0.4)]
    public void Agrees_with_the_sum_over_all_pairs_of_cells(int cells, int channels, int classes, double threshold)
    {
        int width = (classes + 7) / 8 * 8;
        float[] scores = new float[cells * width], keys = Numbers.Normal(channels * cells, 1);
        for (int i = 0; i < keys.Length; i++) keys[i] += 1; // real keys have much in common
        Array.Fill(scores, ClassScorer.Nothing);
        float[] normal = Numbers.Normal(cells * classes, 2);
        for (int i = 0; i < cells; i++)
            for (int c = 0; c < classes; c++) scores[i * width + c] = 2 * normal[i * classes + c];
        double[,] expected = Direct(scores, keys, cells, width, channels, classes, threshold);

        float[] smoothed = KeySmoothing.Apply(scores, width, classes, new CellMap(channels, 1, cells, keys).Normalise(), threshold);

        for (int i = 0; i < cells; i++)
            for (int c = 0; c < classes; c++) Assert.Equal(expected[i, c], smoothed[i * width + c], 2e-5);
    }

    [Fact]
    public void Leaves_a_cell_alone_whose_sum_is_negative_for_every_class()
    {
        float[] scores = [.. Enumerable.Repeat<float[]>([1, 0, .. Enumerable.Repeat(ClassScorer.Nothing, 6)], 4).SelectMany(row => row)];

        float[] smoothed = KeySmoothing.Apply(scores, 8, 2, new CellMap(1, 1, 4, [2, -1, -1, -3]).Normalise(), 1);

        for (int cell = 0; cell < 4; cell++) Assert.Equal(Math.E / (1 + Math.E), smoothed[8 * cell], 1e-5);
    }

    [Fact]
    public void Needs_no_matrix_of_all_pairs_for_a_large_image()
    {
        const int Cells = 8192, Channels = 8, Width = 8; // 1024 x 512 at stride 8; all pairs would take 256 MiB
        var keys = new CellMap(Channels, 64, 128, Numbers.Normal(Channels * Cells, 1));
        long before = GC.GetTotalAllocatedBytes();

        KeySmoothing.Apply(new float[Cells * Width], Width, 3, keys.Normalise(), 1);

        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 16 << 20);
    }

    /// <summary>In double, from the definition.</summary>
    private static double[,] Direct(float[] scores, float[] keys, int cells, int width, int channels, int classes, double threshold)
    {
        double[,] p = new double[cells, classes], result = new double[cells, classes];
        for (int i = 0; i < cells; i++)
        {
            double sum = 0;
            for (int c = 0; c < classes; c++) sum += p[i, c] = Math.Exp(scores[i * width + c]);
            for (int c = 0; c < classes; c++) p[i, c] /= sum;
        }
        for (int i = 0; i < cells; i++)
        {
            double highest = 0, total = 0;
            for (int c = 0; c < classes; c++) highest = Math.Max(highest, p[i, c]);
            for (int c = 0; c < classes; c++) result[i, c] = p[i, c];
            if (highest >= threshold) continue;
            double[] q = new double[classes];
            for (int j = 0; j < cells; j++)
            {
                double dot = 0, ii = 0, jj = 0;
                for (int k = 0; k < channels; k++)
                {
                    double a = keys[k * cells + i], b = keys[k * cells + j];
                    (dot, ii, jj) = (dot + a * b, ii + a * a, jj + b * b);
                }
                for (int c = 0; c < classes; c++) q[c] += dot / Math.Sqrt(ii * jj) * p[j, c];
            }
            foreach (double value in q) total += Math.Max(0, value);
            for (int c = 0; c < classes && total > 0; c++) result[i, c] = Math.Max(0, q[c]) / total;
        }
        return result;
    }
}
