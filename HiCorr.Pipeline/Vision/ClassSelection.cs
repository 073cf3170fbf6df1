using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Vision;

/// <summary>
/// The classes of a run with their rows of a pack's embedding matrix. Pixels go to the best of these classes alone: a pack's
/// background takes part only where it is named.
/// </summary>
public sealed record ClassSelection
{
    private const string Option = "model.classes";

    private ClassSelection(ClassList classes, float[] embeddings, float[]? bias) => (Classes, Embeddings, Bias) = (classes, embeddings, bias);

    public ClassList Classes { get; }

    /// <summary>The frozen classifier: a row per class, as in the pack.</summary>
    public float[] Embeddings { get; } // (C, d)

    /// <summary>Added to the scores; null where the pack has none.</summary>
    public float[]? Bias { get; } // (C)

    /// <param name="classes">
    /// Names separated by commas, a file with one a line, or a preset (<see cref="ClassLists"/>); empty means the data set's classes if
    /// the pack knows them all, else all of the pack's.
    /// </param>
    /// <param name="pack">Where the embeddings come from.</param>
    /// <param name="datasetClasses">The data set's own classes, null for a recording without labels.</param>
    /// <exception cref="ConfigurationException">A name that the pack does not know, or one given twice.</exception>
    public static ClassSelection Resolve(string classes, ModelPack pack, ClassList? datasetClasses)
    {
        if (classes.Trim().Length > 0) return Select(Parse(classes), pack);
        bool knowsAll = datasetClasses?.Names.All(name => pack.Classes.IndexOf(name) >= 0) ?? false;
        return Select(knowsAll ? datasetClasses! : pack.Classes, pack);
    }

    private static ClassList Parse(string text)
    {
        if (ClassLists.Find(text) is { } preset) return preset;
        if (File.Exists(text)) return new ClassList(Path.GetFileNameWithoutExtension(text), ClassLists.Lines(Formats.InputFile.ReadText(text)));
        return new ClassList("custom", text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
    }

    private static ClassSelection Select(ClassList wanted, ModelPack pack)
    {
        if (wanted.Count is 0 or > ClassList.None)
            throw new ConfigurationException(Option, $"{wanted.Count} classes are given", $"Allowed: 1 to {ClassList.None}");

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
            if (Array.IndexOf(names, names[i], 0, i) >= 0) throw new ConfigurationException(Option, $"the class '{names[i]}' is given twice");
            pack.Embeddings.AsSpan(row * dimension, dimension).CopyTo(embeddings.AsSpan(i * dimension));
            if (bias is not null) bias[i] = pack.Bias![row];
        }
        return new ClassSelection(new ClassList(wanted.Name, names), embeddings, bias);
    }
}
