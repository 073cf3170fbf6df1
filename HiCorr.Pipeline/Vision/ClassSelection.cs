using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Vision.Text;

namespace HiCorr.Pipeline.Vision;

/// <summary>
/// The classes of a run with their embeddings: rows of a pack's matrix, or what its text tower makes of their names and prompts. Pixels go to the best of
/// these classes alone: a pack's background takes part only where it is named.
/// </summary>
public sealed record ClassSelection
{
    private const string Option = "model.classes";

    private ClassSelection(ClassList classes, float[] embeddings, float[]? bias) => (Classes, Embeddings, Bias, LabelRows) = (classes, embeddings, bias, embeddings);

    public ClassList Classes { get; }

    /// <summary>The frozen classifier: a row per class, as in the pack; of a class with several prompts the mean of their rows, of unit length.</summary>
    public float[] Embeddings { get; } // (C, d)

    /// <summary>Added to the scores; null where the pack has none, and for embedded texts.</summary>
    public float[]? Bias { get; } // (C)

    /// <summary>What images are scored against: a row per prompt, the classes' own where each has one.</summary>
    internal float[] LabelRows { get; private init; } // (R, d)

    /// <summary>The class of each of <see cref="LabelRows"/>, whose best row counts; null where each class has one, its own.</summary>
    internal int[]? LabelClasses { get; private init; } // (R)

    /// <summary>Stands for the texts behind the rows in cache keys; null where the rows are the pack's own, which its key knows.</summary>
    internal string? TextKey { get; private init; }

    /// <param name="classes">
    /// Names separated by commas, a file with one a line and its prompts (<see cref="ClassPrompts"/>), or a preset (<see cref="ClassLists"/>); empty means
    /// the data set's classes if the pack knows them all or embeds texts, else all of the pack's.
    /// </param>
    /// <param name="pack">Where the embeddings come from.</param>
    /// <param name="datasetClasses">The data set's own classes, null for a recording without labels.</param>
    /// <param name="templates">Of prompts: a shipped name or a file; empty means the pack's, else the shipped default.</param>
    /// <param name="cache">Where embeddings of texts are kept; null embeds them anew.</param>
    /// <exception cref="ConfigurationException">A name that the pack does not know, or one given twice; texts for a pack that embeds none.</exception>
    /// <exception cref="InputException">The file of classes or templates cannot be read.</exception>
    /// <exception cref="ArtefactException">The pack's text tower or tokenizer is damaged.</exception>
    public static ClassSelection Resolve(string classes, ModelPack pack, ClassList? datasetClasses, string templates = "", StageCache? cache = null)
    {
        (string name, IReadOnlyList<ClassPrompts> wanted) = classes.Trim().Length > 0 ? Parse(classes) : Default(pack, datasetClasses);
        if (wanted.Count is 0 or > ClassList.None)
            throw new ConfigurationException(Option, $"{wanted.Count} classes are given", $"Allowed: 1 to {ClassList.None}");
        if (wanted.GroupBy(prompts => prompts.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new ConfigurationException(Option, $"the class '{twice.Key}' is given twice");

        bool needsText = templates.Length > 0 || wanted.Any(prompts => !prompts.IsNameAlone);
        if (pack.Manifest.Text is null && needsText)
            throw new ConfigurationException(templates.Length > 0 ? "model.templates" : Option,
                $"the model pack '{pack.Name}' has no text tower to embed {(templates.Length > 0 ? "prompts" : $"the prompts of '{wanted.First(prompts => !prompts.IsNameAlone).Name}'")} with", "Give names of its classes alone");
        return pack.Manifest.Text is not null && (needsText || wanted.Any(prompts => pack.Classes.IndexOf(prompts.Name) < 0))
            ? Embed(name, wanted, pack, templates, cache)
            : Select(new ClassList(name, [.. wanted.Select(prompts => prompts.Name)]), pack);
    }

    /// <summary>The score of each class from those of <see cref="LabelRows"/>: the best of its rows'.</summary>
    /// <param name="rows">(R).</param>
    /// <param name="scores">(C), or longer: what is beyond gets <see cref="ClassScorer.Nothing"/>.</param>
    internal void TakeBest(ReadOnlySpan<float> rows, Span<float> scores)
    {
        scores.Fill(ClassScorer.Nothing);
        int[] classes = LabelClasses!;
        for (int r = 0; r < classes.Length; r++) scores[classes[r]] = MathF.Max(scores[classes[r]], rows[r]);
    }

    private static (string Name, IReadOnlyList<ClassPrompts> Classes) Default(ModelPack pack, ClassList? datasetClasses)
    {
        bool takesDatasets = datasetClasses is not null && (pack.Manifest.Text is not null || datasetClasses.Names.All(name => pack.Classes.IndexOf(name) >= 0));
        ClassList classes = takesDatasets ? datasetClasses! : pack.Classes;
        if (classes.Count == 0) throw new ConfigurationException(Option, $"the model pack '{pack.Name}' knows any name, and the data set has none", $"Name what to look for, or give a file or one of: {string.Join(", ", ClassLists.Names)}");
        return (classes.Name, [.. classes.Names.Select(ClassPrompts.OfName)]);
    }

    private static (string Name, IReadOnlyList<ClassPrompts> Classes) Parse(string text)
    {
        if (ClassLists.FindPrompts(text) is { } preset) return preset;
        if (File.Exists(text)) return (Path.GetFileNameWithoutExtension(text), [.. ClassLists.Lines(Formats.InputFile.ReadText(text)).Select(line => ClassPrompts.Parse(line, text))]);
        return ("custom", [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(ClassPrompts.OfName)]);
    }

    private static ClassSelection Embed(string name, IReadOnlyList<ClassPrompts> wanted, ModelPack pack, string templates, StageCache? cache)
    {
        var texts = new ClassTexts(pack, wanted, PromptTemplates.Resolve(templates, pack));
        float[] rows = texts.Rows(cache);
        var classes = new ClassList(name, [.. wanted.Select(prompts => prompts.Name)]);
        if (wanted.All(prompts => prompts.Prompts.Count == 1)) return new ClassSelection(classes, rows, null) { TextKey = texts.Key };

        int[] owners = [.. wanted.SelectMany((prompts, c) => Enumerable.Repeat(c, prompts.Prompts.Count))];
        int dimension = pack.EmbeddingDimension, first = 0;
        var means = new List<float>(wanted.Count * dimension);
        foreach (ClassPrompts prompts in wanted)
        {
            ReadOnlySpan<float> own = rows.AsSpan(first * dimension, prompts.Prompts.Count * dimension);
            means.AddRange(prompts.Prompts.Count == 1 ? own : ClassTexts.UnitMean(own, dimension, pack));
            first += prompts.Prompts.Count;
        }
        return new ClassSelection(classes, [.. means], null) { LabelRows = rows, LabelClasses = owners, TextKey = texts.Key };
    }

    private static ClassSelection Select(ClassList wanted, ModelPack pack)
    {
        int dimension = pack.EmbeddingDimension;
        string[] names = new string[wanted.Count];
        float[] embeddings = new float[wanted.Count * dimension];
        float[]? bias = pack.Bias is null ? null : new float[wanted.Count];
        for (int i = 0; i < names.Length; i++)
        {
            int row = pack.Classes.IndexOf(wanted.Names[i]);
            if (row < 0)
                throw new ConfigurationException(Option, $"the model pack '{pack.Name}' has no class '{wanted.Names[i]}'",
                    Suggestion.For(wanted.Names[i], [.. pack.Classes.Names, .. wanted.Count == 1 ? ClassLists.Names : []]));
            names[i] = pack.Classes.Names[row];
            pack.Embeddings.AsSpan(row * dimension, dimension).CopyTo(embeddings.AsSpan(i * dimension));
            if (bias is not null) bias[i] = pack.Bias![row];
        }
        return new ClassSelection(new ClassList(wanted.Name, names), embeddings, bias);
    }
}
