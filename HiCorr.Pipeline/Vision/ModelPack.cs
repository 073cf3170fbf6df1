using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Vision;

/// <summary>
/// A vision-language model in a folder: <c>model.json</c>, a graph from image to dense features, and an embedding per class
/// in the same space, where score_c = feature · embedding_c + bias_c, with unit vectors where the similarity is cosine.
/// </summary>
public sealed class ModelPack
{
    /// <summary>The pack that HiCorr ships.</summary>
    public const string DefaultName = "mini-clip";

    /// <summary>How far a row may be from unit length: float32 rounding, and rows stored as float16.</summary>
    internal const float UnitTolerance = 2e-3f;

    private ModelPack(string folder, ModelManifest manifest, ClassList classes, float[] embeddings, float[]? bias) =>
        (Folder, Manifest, Classes, Embeddings, Bias, Key) = (folder, manifest, classes, embeddings, bias, HashFiles(folder));

    public string Folder { get; }

    public string Name => Manifest.Name;

    public int EmbeddingDimension => Manifest.EmbeddingDimension;

    /// <summary>All classes that the pack has an embedding of; none in a pack that has a text tower only.</summary>
    public ClassList Classes { get; }

    /// <summary>A row per class; unit rows where the similarity is cosine.</summary>
    public float[] Embeddings { get; } // (C, d)

    public float[]? Bias { get; } // (C)

    /// <summary>Stands for the content of every file of the pack, its documentation aside, in cache keys.</summary>
    public string Key { get; }

    internal ModelManifest Manifest { get; }

    internal string GraphPath => Path.Combine(Folder, Manifest.Graph);

    /// <summary>The folder that <c>model.path</c> means: itself, or the name of a pack that HiCorr ships; empty is the default pack.</summary>
    /// <exception cref="ConfigurationException">There is no such folder or pack.</exception>
    public static string Locate(string path)
    {
        if (path.Length > 0 && Directory.Exists(path)) return path;
        string shipped = Path.Combine(AppContext.BaseDirectory, "models");
        string named = Path.Combine(shipped, path.Length == 0 ? DefaultName : path);
        if (File.Exists(Path.Combine(named, ModelManifest.FileName))) return named;
        string[] names = Directory.Exists(shipped) ? [.. Directory.GetDirectories(shipped).Where(folder => File.Exists(Path.Combine(folder, ModelManifest.FileName))).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)] : [];
        throw new ConfigurationException("model.path", $"there is no model pack '{(path.Length == 0 ? DefaultName : path)}'",
            $"Give the folder of a pack{(names.Length == 0 ? "" : $" or one of: {string.Join(", ", names)}")}");
    }

    /// <summary>Reads all but the graph, which <see cref="DensePredictor"/> opens.</summary>
    /// <param name="path">See <see cref="Locate"/>.</param>
    /// <exception cref="ArtefactException">A file is missing or damaged, or the files do not fit each other.</exception>
    public static ModelPack Open(string path)
    {
        string folder = Locate(path);
        var manifest = ModelManifest.Read(folder);
        ClassList classes = manifest.Classes is null ? new ClassList(manifest.Name, []) : ReadClasses(Path.Combine(folder, manifest.Classes), manifest.Name);
        float[] embeddings = manifest.Embeddings is null ? [] : ReadFinite(Path.Combine(folder, manifest.Embeddings), classes.Count, manifest.EmbeddingDimension);
        if (manifest.Embeddings is not null) CheckRows(Path.Combine(folder, manifest.Embeddings), manifest, classes, embeddings);
        float[]? bias = manifest.Bias is null ? null : ReadFinite(Path.Combine(folder, manifest.Bias), classes.Count);
        string graph = Path.Combine(folder, manifest.Graph);
        if (!File.Exists(graph)) throw new ArtefactException(graph, null, "the graph that model.json names", "no such file");
        return new ModelPack(folder, manifest, classes, embeddings, bias);
    }

    private static ClassList ReadClasses(string file, string name)
    {
        var root = JsonField.Read(file);
        string[] names = [.. root.Items().Select(item => item.Text().Trim())];
        if (names.Length is 0 or > ClassList.None) throw root.Mismatch($"1 to {ClassList.None} class names", $"{names.Length}");
        for (int i = 0; i < names.Length; i++)
        {
            if (names[i].Length == 0) throw root.Items()[i].Mismatch("a class name", "an empty text");
            for (int j = 0; j < i; j++)
                if (string.Equals(names[i], names[j], StringComparison.OrdinalIgnoreCase)) throw root.Items()[i].Mismatch("a name of its own", $"\"{names[i]}\" again");
        }
        return new ClassList(name, names);
    }

    private static float[] ReadFinite(string file, params int[] shape)
    {
        float[] data;
        try
        {
            data = NpyReader.ReadFloats(file, shape).Data;
        }
        catch (InputException error) when (error is not ArtefactException)
        {
            throw ArtefactException.From(error);
        }
        for (int i = 0; i < data.Length; i++)
            if (!float.IsFinite(data[i])) throw new ArtefactException(file, $"element {i}", "a finite number", data[i].ToString(System.Globalization.CultureInfo.InvariantCulture));
        return data;
    }

    private static void CheckRows(string file, ModelManifest manifest, ClassList classes, float[] embeddings)
    {
        if (!manifest.Cosine && !manifest.NormalizeEmbeddings) return;
        int dimension = manifest.EmbeddingDimension;
        for (int row = 0; row < classes.Count; row++)
        {
            Span<float> values = embeddings.AsSpan(row * dimension, dimension);
            double squares = 0;
            foreach (float value in values) squares += (double)value * value;
            double length = Math.Sqrt(squares);
            if (manifest.NormalizeEmbeddings ? length == 0 : Math.Abs(length - 1) > UnitTolerance)
                throw new ArtefactException(file, $"row {row} ('{classes.Names[row]}')", manifest.NormalizeEmbeddings ? "a row that is not zero" : "a row of length 1, as the similarity is cosine",
                    string.Create(System.Globalization.CultureInfo.InvariantCulture, $"length {length:0.####}"));
            if (manifest.NormalizeEmbeddings)
                for (int i = 0; i < dimension; i++) values[i] = (float)(values[i] / length);
        }
    }

    /// <summary>All files, not only those that model.json names: a graph may keep its weights in further ones.</summary>
    private static string HashFiles(string folder)
    {
        var key = new ContentKey();
        foreach (string file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string name = Path.GetRelativePath(folder, file);
            // A text in a subfolder may be a tokenizer's; the templates beside model.json are in the key of what is embedded with them.
            if (Path.GetExtension(file) is ".md" || Path.GetFileName(file) == "LICENSE" || (Path.GetExtension(file) is ".txt" && name == Path.GetFileName(file))) continue;
            key.Add("file", name).AddContent(file);
        }
        return key.ToString();
    }
}
