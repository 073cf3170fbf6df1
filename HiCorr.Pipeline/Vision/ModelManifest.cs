namespace HiCorr.Pipeline.Vision;

/// <summary>How an image is brought to the size of a network's input.</summary>
public enum ImageFit
{
    /// <summary>The aspect ratio is kept, the rest filled with the pack's mean colour.</summary>
    Pad,

    /// <summary>Both sides are scaled to fill the input.</summary>
    Stretch,
}

/// <summary>A tensor that the graph takes or gives; -1 in the shape stands for any extent.</summary>
internal sealed record GraphTensor(string Name, int[] Shape);

/// <summary>The text tower of a pack: token ids [n, ContextLength] -> embeddings [n, d] in the space of the image features.</summary>
/// <param name="Graph">The graph's file.</param>
/// <param name="Tokenizer">A folder with vocab.json and merges.txt, or a file bpe_simple_vocab_16e6.txt.gz.</param>
/// <param name="ContextLength">Tokens of a prompt, start and end included.</param>
/// <param name="Input">The graph's input of token ids.</param>
/// <param name="AttentionMask">The graph's input that is 1 on tokens and 0 on padding; null where it has none.</param>
/// <param name="Output">The graph's output of embeddings.</param>
/// <param name="Templates">A file with a prompt template a line; null leaves them to HiCorr.</param>
internal sealed record TextManifest(string Graph, string Tokenizer, int ContextLength, string Input, string? AttentionMask, string Output, string? Templates);

/// <summary>What <c>model.json</c> of a model pack says. Fields that HiCorr does not use may stand beside these.</summary>
internal sealed record ModelManifest
{
    public const string FileName = "model.json";

    /// <summary>Larger inputs or features than any real network's are a damaged file.</summary>
    private const int MaxExtent = 1 << 16;

    public required string Path { get; init; }
    public required string Name { get; init; }
    public required string Graph { get; init; }
    public required GraphTensor Input { get; init; } // [1, 3, H, W]; [-1, 3, -1, -1] or [1, 3, -1, -1] where resizable

    /// <summary>Whether the graph takes every height and width that are multiples of <see cref="Stride"/>; <see cref="Width"/> and <see cref="Height"/> are then the usual size.</summary>
    public required bool Resizable { get; init; }
    public required int Width { get; init; }
    public required int Height { get; init; }
    public required bool BlueFirst { get; init; }

    /// <summary>What black and white are before the mean is taken off: 0 and 1, or 0 and 255.</summary>
    public required float Black { get; init; }
    public required float White { get; init; }
    public required float[] Mean { get; init; } // per channel, in colorOrder
    public required float[] Std { get; init; }
    public required ImageFit Fit { get; init; }
    public required GraphTensor Features { get; init; } // [1, d, h, w]

    /// <summary>Scores per class that the graph computes itself; null where it gives features only.</summary>
    public required GraphTensor? Scores { get; init; } // [1, C, h, w]

    /// <summary>Keys of the last attention layer, the heads side by side and not normalised; null where the graph does not give them.</summary>
    public required GraphTensor? Keys { get; init; } // [1, k, h, w]
    public required int Stride { get; init; }
    public required int EmbeddingDimension { get; init; }
    public required bool Cosine { get; init; }
    public required bool NormalizeFeatures { get; init; }
    public required bool NormalizeEmbeddings { get; init; }

    /// <summary>What scores are multiplied by before the softmax of the confidence.</summary>
    public required float LogitScale { get; init; }

    /// <summary>Null, together with <see cref="Classes"/>, in a pack that has a text tower only.</summary>
    public required string? Embeddings { get; init; }
    public required string? Bias { get; init; }
    public required string? Classes { get; init; }
    public required TextManifest? Text { get; init; }

    /// <exception cref="ArtefactException">A field is missing or holds something else.</exception>
    public static ModelManifest Read(string folder)
    {
        var root = JsonField.Read(System.IO.Path.Combine(folder, FileName));
        JsonField input = root["input"];
        int width = input["width"].Whole(1, MaxExtent), height = input["height"].Whole(1, MaxExtent);
        int dimension = root["embeddingDimension"].Whole(1, MaxExtent);
        bool cosine = root["similarity"].Word("cosine", "dot") == "cosine";

        bool resizable = Flag(input["resizable"]);
        int stride = root["stride"].Whole(1, Math.Max(width, height));
        if (resizable && (width % stride != 0 || height % stride != 0))
            throw root["stride"].Mismatch("a divisor of input.width and input.height, as the input is resizable", $"{stride} with {width} x {height}");
        int batch = resizable ? -1 : 1; // a resizable graph may still take one image at a time
        GraphTensor image = resizable ? Tensor(input, [-1, 3, -1, -1], "[-1, 3, -1, -1]") : Tensor(input, [1, 3, height, width], "[1, 3, height, width]");
        if (input["layout"].IsPresent) input["layout"].Word("NCHW");
        (float black, float white) = Range(input["range"]);
        JsonField features = Output(root["outputs"], "denseFeatures") ?? throw root["outputs"].Mismatch("an output with the role denseFeatures", "none");
        JsonField? scores = Output(root["outputs"], "classScores");
        JsonField? keys = Output(root["outputs"], "lastLayerKeys");
        TextManifest? text = root["text"].IsPresent ? TextTower(root["text"]) : null;
        bool closed = text is null || root["classEmbeddings"].IsPresent;

        return new ModelManifest
        {
            Path = root.File,
            Name = root["name"].Text(),
            Graph = root["file"].IsPresent ? root["file"].FileName() : "visual.onnx",
            Input = image,
            Resizable = resizable,
            Width = width,
            Height = height,
            BlueFirst = input["colorOrder"].IsPresent && input["colorOrder"].Word("RGB", "BGR") == "BGR",
            Black = black,
            White = white,
            Mean = Triple(input["mean"], positive: false),
            Std = Triple(input["std"], positive: true),
            Fit = Fitting(input["resize"]),
            Features = Tensor(features, [batch, dimension, -1, -1], "[images, embeddingDimension, h, w]"),
            Scores = scores is { } scored ? Tensor(scored, [batch, -1, -1, -1], "[images, classes, h, w]") : null,
            Keys = keys is { } keyed ? Tensor(keyed, [batch, -1, -1, -1], "[images, channels, h, w]") : null,
            Stride = stride,
            EmbeddingDimension = dimension,
            Cosine = cosine,
            NormalizeFeatures = Flag(root["normalizeFeatures"]) || cosine,
            NormalizeEmbeddings = Flag(root["normalizeEmbeddings"]),
            LogitScale = Scale(root["logitScale"], cosine),
            Embeddings = closed ? Array(root["classEmbeddings"], "class_embeddings.npy") : null,
            Bias = closed && root["classBias"].IsPresent ? Array(root["classBias"], "class_bias.npy") : null,
            Classes = closed ? Optional(root["classes"])?.FileName() ?? "classes.json" : null,
            Text = text,
        };
    }

    /// <param name="field">An object with name, type and shape; the last two may be left out.</param>
    /// <param name="expected">The shape by the rest of model.json, -1 for any extent.</param>
    /// <param name="described">The same in words.</param>
    private static GraphTensor Tensor(JsonField field, int[] expected, string described)
    {
        string name = field["name"].Text();
        if (field["type"].IsPresent) field["type"].Word("float32");
        if (!field["shape"].IsPresent) return new GraphTensor(name, expected);
        int[] shape = [.. field["shape"].Items().Select(item => item.Whole(-1, MaxExtent))];
        bool fits = shape.Length == expected.Length && shape.Zip(expected).All(pair => pair.First == -1 || pair.Second == -1 || pair.First == pair.Second);
        if (!fits)
            throw field["shape"].Mismatch($"{described} = [{string.Join(", ", expected.Select(extent => extent == -1 ? "any" : $"{extent}"))}]", $"[{string.Join(", ", shape)}]");
        return new GraphTensor(name, shape);
    }

    private static TextManifest TextTower(JsonField text) => new(
        text["file"].FileName(),
        text["tokenizer"].FileName(),
        Optional(text["contextLength"])?.Whole(2, MaxExtent) ?? 77,
        Optional(text["input"])?.Text() ?? "input_ids",
        Optional(text["attentionMask"])?.Text(),
        Optional(text["output"])?.Text() ?? "text_embeds",
        Optional(text["templates"])?.FileName());

    private static JsonField? Optional(JsonField field) => field.IsPresent ? field : null;

    private static JsonField? Output(JsonField outputs, string role)
    {
        foreach (JsonField output in outputs.Items())
            if (output["role"].IsPresent && output["role"].Text() == role) return output;
        return null;
    }

    private static bool Flag(JsonField field) => field.IsPresent && field.Flag();

    private static (float Black, float White) Range(JsonField field)
    {
        if (!field.IsPresent) return (0, 1);
        float[] range = [.. field.Items().Select(item => (float)item.Number())];
        return range.Length == 2 && range[0] < range[1] ? (range[0], range[1]) : throw field.Mismatch("the values of black and white", $"[{string.Join(", ", range)}]");
    }

    internal static float[] Triple(JsonField field, bool positive)
    {
        float[] values = [.. field.Items().Select(item => (float)item.Number())];
        if (values.Length != 3 || (positive && values.Any(value => !(value > 0))))
            throw field.Mismatch(positive ? "three numbers above 0" : "three numbers", $"[{string.Join(", ", values)}]");
        return values;
    }

    /// <summary>The field is a sentence in some packs ("stretch to 512x512, bilinear"): its first word decides.</summary>
    private static ImageFit Fitting(JsonField field)
    {
        if (!field.IsPresent) return ImageFit.Pad;
        string first = field.Text().Split(' ', ',', ':')[0];
        return first.ToLowerInvariant() switch
        {
            "pad" => ImageFit.Pad,
            "stretch" => ImageFit.Stretch,
            _ => throw field.Mismatch("pad or stretch as first word", $"\"{field.Text()}\""),
        };
    }

    private static float Scale(JsonField field, bool cosine)
    {
        // CLIP's own scale stands in where a pack with cosines names none: bare cosines would make every softmax flat.
        if (!field.IsPresent) return cosine ? 100 : 1;
        double scale = field.Number();
        return scale > 0 ? (float)scale : throw field.Mismatch("a number above 0", $"{scale}");
    }

    /// <summary>An array's field is a file name, or an object with one.</summary>
    private static string Array(JsonField field, string otherwise)
    {
        if (!field.IsPresent) return otherwise;
        return field.Value!.Value.ValueKind == System.Text.Json.JsonValueKind.String ? field.FileName() : field["file"].FileName();
    }
}
