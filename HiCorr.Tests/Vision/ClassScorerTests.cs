using HiCorr.Pipeline.Vision;
using HiCorr.Tests.Vision.Text;

namespace HiCorr.Tests.Vision;

public sealed class ClassScorerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Agrees_with_the_plain_formula(bool normalize)
    {
        // 100 cells leave a block that is not full, four classes a vector that is not.
        var selection = ClassSelection.Resolve("", ModelPack.Open(TinyPack.Source), null);
        const int Cells = 100, Dimension = 3;
        float[] features = new float[Dimension * Cells];
        var random = new Random(2);
        for (int i = 0; i < features.Length; i++) features[i] = random.NextSingle() * 2 - 1;
        var scorer = new ClassScorer(selection, Dimension, normalize, 10);
        float[] scores = new float[Cells * scorer.Width];

        scorer.Score(features, Cells, scores);

        for (int cell = 0; cell < Cells; cell++)
            for (int c = 0; c < scorer.Width; c++)
            {
                double dot = 0, squares = 0;
                for (int k = 0; k < Dimension && c < selection.Classes.Count; k++)
                {
                    double feature = features[k * Cells + cell];
                    dot += feature * selection.Embeddings[c * Dimension + k];
                    squares += feature * feature;
                }
                double expected = c >= selection.Classes.Count ? ClassScorer.Nothing : 10 * dot / (normalize ? Math.Sqrt(squares) : 1);
                Assert.Equal(expected, scores[cell * scorer.Width + c], 1e-4);
            }
    }

    [Fact]
    public void Takes_the_best_row_of_a_class()
    {
        // Nine rows of three classes: more vectors of rows than of classes.
        using var folder = new TemporaryFolder();
        string file = folder.PathOf("colours.txt");
        File.WriteAllText(file, "a: red, green, red green, blue red\nb: blue\nc: yellow, yellow red, blue yellow, green blue\n");
        var selection = ClassSelection.Resolve(file, ModelPack.Open(TextPack.Create(folder)), null);
        const int Cells = 100, Dimension = 3;
        float[] features = new float[Dimension * Cells];
        var random = new Random(3);
        for (int i = 0; i < features.Length; i++) features[i] = random.NextSingle() * 2 - 1;
        var scorer = new ClassScorer(selection, Dimension, normalizeFeatures: false, 10);
        float[] scores = new float[Cells * scorer.Width];

        scorer.Score(features, Cells, scores);

        Assert.Equal(8, scorer.Width);
        for (int cell = 0; cell < Cells; cell++)
            for (int c = 0; c < scorer.Width; c++)
            {
                double best = ClassScorer.Nothing;
                for (int r = 0; r < selection.LabelClasses!.Length; r++)
                {
                    double dot = 0;
                    for (int k = 0; k < Dimension; k++) dot += 10.0 * features[k * Cells + cell] * selection.LabelRows[r * Dimension + k];
                    if (selection.LabelClasses[r] == c) best = Math.Max(best, dot);
                }
                Assert.Equal(best, scores[cell * scorer.Width + c], 1e-4);
            }
    }

    [Fact]
    public void Scores_zero_where_a_feature_has_no_direction()
    {
        var selection = ClassSelection.Resolve("", ModelPack.Open(TinyPack.Source), null);
        var scorer = new ClassScorer(selection, 3, normalizeFeatures: true, 100);
        float[] scores = new float[scorer.Width];

        scorer.Score(new float[3], 1, scores);

        Assert.Equal([0f, 0f, 0f, 0f], scores[..4]);
    }
}
