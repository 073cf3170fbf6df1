using System.Text.Json;
using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Formats.Onnx;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Vision.Text;

namespace HiCorr.Pipeline.Vision.MaskClip;

/// <summary>What a model pack is made from; paths of files and folders.</summary>
internal sealed record MaskClipSources
{
    public required string Image { get; init; }

    /// <summary>The text tower and its tokenizer: both or none.</summary>
    public string? Text { get; init; }
    public string? Tokenizer { get; init; }
    public string? Templates { get; init; }

    /// <summary>Instead of, or beside, a text tower: a row per class (npy, [C, d]), and the names (a line each): both or none.</summary>
    public string? Embeddings { get; init; }
    public string? Classes { get; init; }

    /// <summary>Beside embeddings: a number per class (npy, [C]) that its scores get.</summary>
    public string? Bias { get; init; }

    /// <summary>Null for what lies beside the image tower, else CLIP's own.</summary>
    public ImageNormalisation? Normalisation { get; init; }
    public required float LogitScale { get; init; }
    public required string Out { get; init; }
}

/// <summary>What was found in the image tower.</summary>
/// <param name="Difference">Of the tower written anew from the graph that it came from, relative.</param>
internal sealed record MaskClipSummary(ClipTower Tower, float Difference);

/// <summary>Writes a model pack from exported CLIP towers: whole, or not at all.</summary>
internal static class MaskClipPack
{
    private const string Visual = "visual.onnx", TextFile = "text.onnx", TokenizerFolder = "tokenizer", TemplatesFile = "templates.txt";
    private const string EmbeddingsFile = "class_embeddings.npy", ClassesFile = "classes.json", BiasFile = "class_bias.npy";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    /// <exception cref="ArtefactException">A tower, the tokenizer or the rows do not fit.</exception>
    /// <exception cref="ConfigurationException">The folder is not empty.</exception>
    public static MaskClipSummary Write(MaskClipSources sources)
    {
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(sources.Out));
        if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
            throw new ConfigurationException("--out", $"{sources.Out} is there already", "Name a new folder, or remove this one first");
        OnnxModel image = OnnxModel.Read(sources.Image);
        ClipTower tower = ClipTowerReader.Read(image);

        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        string temporary = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Environment.ProcessId}.tmp");
        Directory.CreateDirectory(temporary);
        try
        {
            float difference = TowerComparison.Check(image, tower, temporary);
            OnnxWriter.Write(sources.Image, MaskClipGraph.Dense(tower), Path.Combine(temporary, Visual));
            TextManifest? text = WriteText(sources, tower.Dimension, temporary);
            if (sources.Embeddings is not null) WriteClasses(sources, tower.Dimension, temporary);
            AtomicFile.WriteText(Path.Combine(temporary, ModelManifest.FileName), JsonSerializer.Serialize(Manifest(sources, tower, text, Path.GetFileName(target)), Json) + "\n");
            TryOut(temporary);
            if (Directory.Exists(target)) Directory.Delete(target);
            Directory.Move(temporary, target);
            return new MaskClipSummary(tower, difference);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    private static TextManifest? WriteText(MaskClipSources sources, int dimension, string folder)
    {
        if (sources.Text is null || sources.Tokenizer is null) return null;
        string tokenizer = CopyTokenizer(sources.Tokenizer, folder);
        OnnxModel model = OnnxModel.Read(sources.Text);
        (ModelProto graph, TextManifest text) = TextTowerGraph.Read(model, dimension, TextFile, tokenizer);
        OnnxWriter.Write(model.Path, graph, Path.Combine(folder, TextFile));
        if (sources.Templates is null) return text;
        AtomicFile.Copy(sources.Templates, Path.Combine(folder, TemplatesFile));
        return text with { Templates = TemplatesFile };
    }

    /// <returns>The tokenizer's name in the pack.</returns>
    private static string CopyTokenizer(string source, string folder)
    {
        if (File.Exists(source))
        {
            string name = Path.GetFileName(source);
            AtomicFile.Copy(source, Path.Combine(folder, name));
            return name;
        }
        foreach (string file in (string[])[BytePairVocabulary.TokensFile, BytePairVocabulary.MergesFile])
        {
            string from = Path.Combine(source, file);
            if (!File.Exists(from)) throw new ArtefactException(from, null, "a file of CLIP's tokenizer", "no such file", "Give a folder with vocab.json and merges.txt, or the file bpe_simple_vocab_16e6.txt.gz");
            AtomicFile.Copy(from, Path.Combine(folder, TokenizerFolder, file));
        }
        return TokenizerFolder;
    }

    /// <summary>The rows at unit length, as scores are cosines.</summary>
    private static void WriteClasses(MaskClipSources sources, int dimension, string folder)
    {
        IReadOnlyList<string> names = ClassLists.Find(sources.Classes!)?.Names ?? ClassLists.Lines(Formats.InputFile.ReadText(sources.Classes!));
        float[] rows = NpyReader.ReadFloats(sources.Embeddings!, names.Count, dimension).Data;
        NpyWriter.Write<float>(Path.Combine(folder, EmbeddingsFile), rows, names.Count, dimension);
        if (sources.Bias is not null) NpyWriter.Write<float>(Path.Combine(folder, BiasFile), NpyReader.ReadFloats(sources.Bias, names.Count).Data, names.Count);
        AtomicFile.WriteText(Path.Combine(folder, ClassesFile), JsonSerializer.Serialize(names));
    }

    private static object Manifest(MaskClipSources sources, ClipTower tower, TextManifest? text, string name)
    {
        ImageNormalisation normalisation = sources.Normalisation ?? ImageNormalisation.Beside(sources.Image);
        bool closed = sources.Embeddings is not null;
        int side = tower.Grid * tower.Patch;
        return new
        {
            name,
            description = "Dense features of a CLIP image tower by MaskCLIP, and its text tower or class embeddings",
            file = Visual,
            input = new
            {
                name = MaskClipGraph.Input, type = "float32", shape = (int[])[-1, 3, -1, -1], layout = "NCHW", colorOrder = "RGB", width = side, height = side, resizable = true,
                range = (int[])[0, 1], mean = normalisation.Mean, std = normalisation.Std, resize = "pad",
            },
            outputs = (object[])
            [
                new { name = MaskClipGraph.Features, role = "denseFeatures", type = "float32", shape = (int[])[-1, tower.Dimension, -1, -1] },
                new { name = MaskClipGraph.Keys, role = "lastLayerKeys", type = "float32", shape = (int[])[-1, tower.Width, -1, -1] },
            ],
            stride = tower.Patch,
            embeddingDimension = tower.Dimension,
            similarity = "cosine",
            logitScale = sources.LogitScale,
            normalizeEmbeddings = closed ? true : (bool?)null,
            classEmbeddings = closed ? EmbeddingsFile : null,
            classBias = sources.Bias is null ? null : BiasFile,
            classes = closed ? ClassesFile : null,
            text = text is null ? null : new { file = text.Graph, tokenizer = text.Tokenizer, contextLength = text.ContextLength, input = text.Input, attentionMask = text.AttentionMask, output = text.Output, templates = text.Templates },
            source = new { tool = "hicorr model maskclip", image = Path.GetFileName(sources.Image), text = sources.Text is null ? null : Path.GetFileName(sources.Text) },
        };
    }

    /// <summary>What HiCorr would refuse later is refused now.</summary>
    private static void TryOut(string folder)
    {
        var pack = ModelPack.Open(folder);
        new ModelGraph(pack).Dispose();
        if (pack.Manifest.Text is not { } text) return;
        using var tower = new TextTower(folder, text, pack.EmbeddingDimension);
        tower.Embed(["a photo of a chair"]);
    }
}
