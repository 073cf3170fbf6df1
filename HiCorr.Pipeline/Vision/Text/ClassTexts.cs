using System.Numerics.Tensors;
using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Vision.Text;

/// <summary>
/// Embeds classes by a pack's text tower. A phrase's row: its embedding in every template at unit length, their mean at unit length. A prompt's row: the
/// mean of its synonyms' rows at unit length. Rows are kept in the stage cache by the content of all that they depend on, so that the tower runs once.
/// </summary>
internal sealed class ClassTexts
{
    private const string Stage = "text", RowsFile = "rows.npy";
    private const int Version = 1;

    private readonly ModelPack _pack;
    private readonly IReadOnlyList<ClassPrompts> _classes;
    private readonly IReadOnlyList<string> _templates;
    private readonly ContentKey _key;

    /// <param name="pack">With a text tower.</param>
    /// <param name="classes">At least one.</param>
    /// <param name="templates">See <see cref="PromptTemplates"/>.</param>
    public ClassTexts(ModelPack pack, IReadOnlyList<ClassPrompts> classes, IReadOnlyList<string> templates)
    {
        (_pack, _classes, _templates) = (pack, classes, templates);
        _key = new ContentKey().Add("stage", Stage).Add("version", Version).Add("model", pack.Key).Add("templates", string.Join('\n', templates));
        // Names stand for nothing here: what is embedded are the prompts.
        foreach (ClassPrompts prompts in classes) _key.Add("class", string.Join('\n', prompts.Prompts.Select(prompt => string.Join('|', prompt))));
    }

    /// <summary>Stands for the rows in the keys of what is made from them.</summary>
    public string Key => _key.ToString();

    /// <param name="cache">Null embeds anew.</param>
    /// <returns>(R, d), the prompts of the first class first.</returns>
    /// <exception cref="ArtefactException">The text tower, its tokenizer or the cached rows are damaged.</exception>
    public float[] Rows(StageCache? cache)
    {
        if (cache is null) return Embed();
        StageResult result = cache.Open(Stage, "rows", _key);
        if (!result.IsComplete)
        {
            NpyWriter.Write<float>(result.PathOf(RowsFile), Embed(), _classes.Sum(prompts => prompts.Prompts.Count), _pack.EmbeddingDimension);
            result.Complete();
        }
        try
        {
            return NpyReader.Read<float>(result.PathOf(RowsFile), _classes.Sum(prompts => prompts.Prompts.Count), _pack.EmbeddingDimension).Data;
        }
        catch (InputException error) when (error is not ArtefactException)
        {
            throw ArtefactException.From(error);
        }
    }

    /// <summary>The unit vector in the middle of unit rows.</summary>
    /// <param name="rows">(n, d).</param>
    /// <exception cref="ArtefactException">They cancel each other.</exception>
    public static float[] UnitMean(ReadOnlySpan<float> rows, int dimension, ModelPack pack)
    {
        float[] mean = new float[dimension];
        for (int first = 0; first < rows.Length; first += dimension) TensorPrimitives.Add(mean, rows.Slice(first, dimension), mean);
        float length = TensorPrimitives.Norm<float>(mean);
        if (length == 0) throw new ArtefactException(Path.Combine(pack.Folder, pack.Manifest.Text!.Graph), null, "embeddings with a mean", "some that cancel each other");
        TensorPrimitives.Divide(mean, length, mean);
        return mean;
    }

    private float[] Embed()
    {
        int dimension = _pack.EmbeddingDimension;
        string[] phrases = [.. _classes.SelectMany(prompts => prompts.Prompts).SelectMany(prompt => prompt).Distinct()];
        var embedded = new Dictionary<string, float[]>(StringComparer.Ordinal);
        using (var tower = new TextTower(_pack.Folder, _pack.Manifest.Text!, dimension))
        using (var progress = new Progress(Stage, phrases.Length))
        {
            foreach (string phrase in phrases)
            {
                embedded[phrase] = UnitMean(tower.Embed([.. _templates.Select(template => PromptTemplates.Fill(template, phrase))]), dimension, _pack);
                progress.Advance();
            }
        }
        return [.. _classes.SelectMany(prompts => prompts.Prompts).SelectMany(synonyms => synonyms.Count == 1
            ? embedded[synonyms[0]] : UnitMean([.. synonyms.SelectMany(phrase => embedded[phrase])], dimension, _pack))];
    }
}
