using HiCorr.Pipeline.Vision;

namespace HiCorr.Tests.Vision;

public sealed class PromptDenoisingTests
{
    [Fact]
    public void Drops_the_classes_that_MaskCLIP_drops()
    {
        (float[] cells, int width, int classes) = SmoothingGolden.Scores("scores");
        (float[] expected, _, _) = SmoothingGolden.Scores("denoised");

        PromptDenoising.Apply(cells, width, classes, 0.5);

        for (int i = 0; i < cells.Length; i++)
        {
            if (i % width >= classes) continue;
            if (expected[i] <= -100) Assert.Equal(ClassScorer.Nothing, cells[i]);
            else Assert.Equal(expected[i], cells[i]);
        }
    }

    [Fact]
    public void Keeps_the_best_class_where_none_is_likely()
    {
        float[] scores = [1, 1.1f, 0.9f, .. Enumerable.Repeat(ClassScorer.Nothing, 5)];

        PromptDenoising.Apply(scores, 8, 3, 0.9);

        Assert.Equal([ClassScorer.Nothing, 1.1f, ClassScorer.Nothing], scores[..3]);
    }

    [Fact]
    public void Keeps_a_class_that_one_cell_alone_is_sure_of()
    {
        float[] scores = new float[3 * 8];
        Array.Fill(scores, ClassScorer.Nothing);
        for (int cell = 0; cell < 3; cell++) (scores[8 * cell], scores[8 * cell + 1], scores[8 * cell + 2]) = (5, cell == 1 ? 9 : 0, 0);

        PromptDenoising.Apply(scores, 8, 3, 0.5);

        Assert.Equal([5f, 0, ClassScorer.Nothing, 5, 9, ClassScorer.Nothing], [.. scores[..3], .. scores[8..11]]);
    }
}
