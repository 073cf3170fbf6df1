using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Tests.Vision.Text;

public sealed class OpenVocabularyTests : IDisposable
{
    private const float Half = 0.70710678f;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Embeds_any_name()
    {
        var selection = ClassSelection.Resolve("Yellow, blue", ModelPack.Open(TextPack.Create(_folder)), null);

        Assert.Equal(["Yellow", "blue"], selection.Classes.Names);
        Same([Half, Half, 0, 0, 0, 1], selection.Embeddings);
        Assert.Null(selection.Bias);
        Assert.Null(selection.LabelClasses);
    }

    [Fact]
    public void Takes_the_names_of_the_data_set_without_any_given()
    {
        var pack = ModelPack.Open(TextPack.Create(_folder));

        Assert.Equal(["blue", "red"], ClassSelection.Resolve("", pack, new ClassList("colours", ["blue", "red"])).Classes.Names);
        Assert.Contains("knows any name", Assert.Throws<ConfigurationException>(() => ClassSelection.Resolve("", pack, null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gives_synonyms_one_row_and_prompts_one_each()
    {
        string file = _folder.PathOf("colours.txt");
        File.WriteAllText(file, "warm: red | yellow\n# two rows\ncold: green , blue\n");

        var selection = ClassSelection.Resolve(file, ModelPack.Open(TextPack.Create(_folder)), null);

        float[] warm = [MathF.Cos(MathF.PI / 8), MathF.Sin(MathF.PI / 8), 0]; // half way from red to yellow
        Assert.Equal(["warm", "cold"], selection.Classes.Names);
        Same([.. warm, 0, 1, 0, 0, 0, 1], selection.LabelRows);
        Assert.Equal([0, 1, 1], selection.LabelClasses!);
        Same([.. warm, 0, Half, Half], selection.Embeddings);
    }

    [Fact]
    public void Averages_over_the_templates()
    {
        string file = _folder.PathOf("mine.txt");
        File.WriteAllText(file, "{}\n{} yellow\n");

        var selection = ClassSelection.Resolve("red", ModelPack.Open(TextPack.Create(_folder)), null, file);

        // red is (1, 0, 0); "red yellow" sums up to (3, 2, 0), of which the direction counts.
        double x = 1 + 3 / Math.Sqrt(13), y = 2 / Math.Sqrt(13), length = Math.Sqrt(x * x + y * y);
        Same([(float)(x / length), (float)(y / length), 0], selection.Embeddings);
    }

    [Fact]
    public void Labels_pixels_by_the_best_prompt_of_a_class()
    {
        string file = _folder.PathOf("colours.txt");
        File.WriteAllText(file, "colourful: red, green\nblue\n");
        var pack = ModelPack.Open(TextPack.Create(_folder));
        byte[] rgb = new byte[3 * 48 * 32];
        for (int pixel = 0; pixel < 48 * 32; pixel++) rgb[3 * pixel + pixel % 48 / 16] = 255; // a red, a green and a blue stripe
        using var predictor = new DensePredictor(pack, ClassSelection.Resolve(file, pack, null));

        LabelMap map = predictor.Predict(new ColorImage(48, 32, rgb)).Labels;

        Assert.Equal([0, 0, 1], ((int[])[4, 24, 44]).Select(column => (int)map.Labels[column]));
    }

    [Fact]
    public void Takes_a_packs_own_rows_where_it_knows_every_name()
    {
        string folder = TextPack.Create(_folder, json =>
        {
            json["classEmbeddings"] = "class_embeddings.npy";
            json["classes"] = "classes.json";
        });
        var pack = ModelPack.Open(folder);

        Assert.Null(ClassSelection.Resolve("red,blue", pack, null).TextKey);
        Assert.NotNull(ClassSelection.Resolve("red,blue red", pack, null).TextKey);
        Assert.NotNull(ClassSelection.Resolve("red,blue", pack, null, "openscene").TextKey);
    }

    [Fact]
    public void Needs_the_text_tower_once()
    {
        var pack = ModelPack.Open(TextPack.Create(_folder));
        var cache = new StageCache(_folder.PathOf("cache"));
        float[] first = ClassSelection.Resolve("red,blue", pack, null, cache: cache).Embeddings;
        File.Delete(Path.Combine(pack.Folder, "text.onnx"));

        Assert.Equal(first, ClassSelection.Resolve("red,blue", pack, null, cache: cache).Embeddings);
        Assert.Throws<ArtefactException>(() => ClassSelection.Resolve("red,green", pack, null, cache: cache));
        Assert.Throws<ArtefactException>(() => ClassSelection.Resolve("red,blue", pack, null, "openscene", cache));
    }

    [Fact]
    public void Has_a_key_of_names_templates_and_tokenizer()
    {
        string folder = TextPack.Create(_folder);
        string Key(string classes, string templates = "") => ClassSelection.Resolve(classes, ModelPack.Open(folder), null, templates).TextKey!;
        string key = Key("red,blue");

        Assert.Equal(key, Key("red,blue"));
        Assert.NotEqual(key, Key("blue,red"));
        Assert.NotEqual(key, Key("red,blue", "openscene"));
        File.WriteAllText(Path.Combine(folder, "templates.txt"), "{}\n");
        Assert.NotEqual(key, Key("red,blue"));
        File.AppendAllText(Path.Combine(folder, "tokenizer", "merges.txt"), "\n");
        Assert.NotEqual(key, Key("red,blue", "openscene"));
    }

    [Theory]
    [InlineData("red", "none.txt", "model.templates: there are no templates 'none.txt'")]
    [InlineData("red", "openscen", "Did you mean 'openscene'?")]
    [InlineData("red,RED", "", "given twice")]
    public void Says_what_is_wrong_with_the_settings(string classes, string templates, string message)
    {
        var pack = ModelPack.Open(TextPack.Create(_folder));

        Assert.Contains(message, Assert.Throws<ConfigurationException>(() => ClassSelection.Resolve(classes, pack, null, templates)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a photo", "expected one place {} for the class, found 0")]
    [InlineData("{} and {}", "found 2")]
    [InlineData("# nothing", "expected a prompt template a line, found none")]
    public void Refuses_a_file_of_no_templates(string line, string message)
    {
        string file = _folder.PathOf("mine.txt");
        File.WriteAllText(file, line + "\n");
        var pack = ModelPack.Open(TextPack.Create(_folder));

        InputException error = Assert.Throws<InputException>(() => ClassSelection.Resolve("red", pack, null, file));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.StartsWith(file, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_prompts_for_a_pack_without_a_text_tower()
    {
        string file = _folder.PathOf("colours.txt");
        File.WriteAllText(file, "red: crimson, scarlet\n");
        var pack = ModelPack.Open(TinyPack.Source);

        Assert.Contains("model.classes: the model pack 'tiny' has no text tower to embed the prompts of 'red' with", Assert.Throws<ConfigurationException>(() => ClassSelection.Resolve(file, pack, null)).Message, StringComparison.Ordinal);
        Assert.Contains("model.templates: the model pack 'tiny' has no text tower", Assert.Throws<ConfigurationException>(() => ClassSelection.Resolve("red", pack, null, "openscene")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("imagenet", 80)]
    [InlineData("maskclip", 85)]
    [InlineData("openscene", 1)]
    public void Ships_templates(string name, int count)
    {
        var pack = ModelPack.Open(TextPack.Create(_folder));

        Assert.Equal(count, HiCorr.Pipeline.Vision.Text.PromptTemplates.Resolve(name, pack).Distinct().Count());
    }

    private static void Same(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], 1e-6f);
    }
}
