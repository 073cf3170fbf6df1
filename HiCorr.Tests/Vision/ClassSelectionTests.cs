using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Tests.Vision;

public sealed class ClassSelectionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ModelPack _pack = ModelPack.Open(TinyPack.Source);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Takes_rows_in_the_order_of_the_names()
    {
        var selection = ClassSelection.Resolve(" Blue, red", _pack, null);

        Assert.Equal(["blue", "red"], selection.Classes.Names);
        Assert.Equal([0f, 0f, 1f, 1f, 0f, 0f], selection.Embeddings);
        Assert.Null(selection.Bias);
    }

    [Fact]
    public void Reads_names_from_a_file()
    {
        string file = _folder.PathOf("colours.txt");
        File.WriteAllText(file, "# what to look for\ngreen\n\n  yellow \r\n");

        var selection = ClassSelection.Resolve(file, _pack, null);

        Assert.Equal(["green", "yellow"], selection.Classes.Names);
        Assert.Equal("colours", selection.Classes.Name);
    }

    [Fact]
    public void Takes_the_classes_of_the_data_set_where_the_pack_knows_them_all()
    {
        Assert.Equal(["green", "red"], ClassSelection.Resolve("", _pack, new ClassList("d", ["green", "red"])).Classes.Names);
        Assert.Equal(_pack.Classes.Names, ClassSelection.Resolve("", _pack, new ClassList("d", ["green", "wall"])).Classes.Names);
        Assert.Equal(_pack.Classes.Names, ClassSelection.Resolve("", _pack, null).Classes.Names);
    }

    [Theory]
    [InlineData("red,gren", "no class 'gren'. Did you mean 'green'?")]
    [InlineData("scannet20", "no class 'wall'")]
    [InlineData("scanet20", "Did you mean 'scannet20'?")]
    [InlineData("red,RED", "the class 'red' is given twice")]
    [InlineData(",", "0 classes")]
    public void Says_what_is_wrong_with_the_names(string classes, string message)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => ClassSelection.Resolve(classes, _pack, null));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    /// <summary>Rows of a real CLIP, kept as float16, as the matrix of a closed set.</summary>
    [Fact]
    public void Scores_against_the_text_rows_of_CLIP()
    {
        const int Dimension = 512;
        string rows = SharedFolder.Require("clip-text", "scannet20-vitb32-f16.npy");
        IReadOnlyList<string> names = ClassLists.Find("scannet20")!.Names;
        string folder = TinyPack.CopyTo(_folder, json =>
        {
            json["embeddingDimension"] = Dimension;
            json["outputs"]![0]!.AsObject().Remove("shape");
            json["classEmbeddings"] = "rows.npy";
        });
        File.Copy(rows, Path.Combine(folder, "rows.npy"));
        File.WriteAllText(Path.Combine(folder, "classes.json"), System.Text.Json.JsonSerializer.Serialize(names));
        var pack = ModelPack.Open(folder);
        var selection = ClassSelection.Resolve("scannet20", pack, null);
        var scorer = new ClassScorer(selection, Dimension, normalizeFeatures: true, 100);
        float[] features = new float[Dimension * names.Count], scores = new float[names.Count * scorer.Width];
        for (int c = 0; c < names.Count; c++)
            for (int k = 0; k < Dimension; k++) features[k * names.Count + c] = 7 * selection.Embeddings[c * Dimension + k]; // a feature in the direction of each row

        scorer.Score(features, names.Count, scores);

        for (int c = 0; c < names.Count; c++)
        {
            Assert.Equal(100, scores[c * scorer.Width + c], 0.2f);
            Assert.Equal(c, Array.IndexOf(scores[(c * scorer.Width)..((c + 1) * scorer.Width)], scores[(c * scorer.Width)..((c + 1) * scorer.Width)].Max()));
        }
    }

    [Fact]
    public void Carries_the_bias_of_the_real_pack()
    {
        var pack = ModelPack.Open(SharedFolder.Require("real", "deeplab-ade20k"));

        var selection = ClassSelection.Resolve("floor,background", pack, null);

        Assert.Equal([pack.Bias![4], pack.Bias[0]], selection.Bias!);
        Assert.Equal(pack.Embeddings[(4 * 256)..(5 * 256)], selection.Embeddings[..256]);
    }
}
