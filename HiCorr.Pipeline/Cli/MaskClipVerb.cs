using System.Globalization;
using CommandLine;
using HiCorr.Pipeline.Vision.MaskClip;

namespace HiCorr.Pipeline.Cli;

[Verb("model maskclip", HelpText = "Make a model pack from an exported CLIP: the ONNX file of its vision transformer or ResNet, cut as MaskCLIP does, and its text tower or class embeddings.")]
public sealed class MaskClipVerb : Verb
{
    [Option("image", Required = true, HelpText = "ONNX file of the image tower with its projection (Hugging Face: vision_model.onnx with image_embeds), or of a whole CLIP.")]
    public string Image { get; set; } = "";

    [Option("text", HelpText = "ONNX file of the text tower with its projection, or of a whole CLIP: then --classes takes any name.")]
    public string? Text { get; set; }

    [Option("tokenizer", HelpText = "With --text: folder with vocab.json and merges.txt, or the file bpe_simple_vocab_16e6.txt.gz.")]
    public string? Tokenizer { get; set; }

    [Option("templates", HelpText = "With --text: file of prompt templates, one a line with {} for the class, that the pack brings along.")]
    public string? Templates { get; set; }

    [Option("embeddings", HelpText = "Npy file (C, d) with a row per class: for a pack without, or beside, a text tower.")]
    public string? Embeddings { get; set; }

    [Option("classes", HelpText = "With --embeddings: file with the rows' names, one a line, or a class list (scannet20).")]
    public string? Classes { get; set; }

    [Option("bias", HelpText = "With --embeddings: npy file (C) with a number per class that is added to its score.")]
    public string? Bias { get; set; }

    [Option("mean", Separator = ',', HelpText = "Mean of red, green and blue from 0 to 1; from preprocessor_config.json beside the model, else CLIP's, when left out.")]
    public IEnumerable<float> Mean { get; set; } = [];

    [Option("std", Separator = ',', HelpText = "Standard deviation of red, green and blue; with --mean.")]
    public IEnumerable<float> Std { get; set; } = [];

    [Option("logit-scale", Default = 100f, HelpText = "What cosines are multiplied by before the softmax: exp of the model's logit_scale.")]
    public float LogitScale { get; set; }

    [Option("out", Required = true, HelpText = "Folder of the pack, a new one; its name is the pack's.")]
    public string Out { get; set; } = "";

    public override void Run(CancellationToken stop)
    {
        Together("--text", Text, "--tokenizer", Tokenizer);
        Together("--embeddings", Embeddings, "--classes", Classes);
        if (Text is null && Embeddings is null) throw new ConfigurationException("--text", "is missing", "Give --text and --tokenizer, or --embeddings and --classes");
        if (Templates is not null && Text is null) throw new ConfigurationException("--templates", "has no meaning without --text", "Leave it out");
        if (Bias is not null && Embeddings is null) throw new ConfigurationException("--bias", "has no meaning without --embeddings", "Leave it out");
        foreach ((string option, string? path) in ((string, string?)[])[("--image", Image), ("--text", Text), ("--templates", Templates), ("--embeddings", Embeddings), ("--bias", Bias)])
            if (path is not null && !File.Exists(path)) throw new ConfigurationException(option, $"there is no file {path}");
        if (!(LogitScale > 0 && float.IsFinite(LogitScale))) throw new ConfigurationException("--logit-scale", string.Create(CultureInfo.InvariantCulture, $"{LogitScale} is not above 0"));

        MaskClipSummary summary = MaskClipPack.Write(new MaskClipSources
        {
            Image = Image, Text = Text, Tokenizer = Tokenizer, Templates = Templates, Embeddings = Embeddings, Classes = Classes, Bias = Bias,
            Normalisation = Normalisation(), LogitScale = LogitScale, Out = Out,
        });
        ClipTower tower = summary.Tower;
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {Out}
            image tower   {tower.Summary}, trained on {tower.Grid * tower.Patch} x {tower.Grid * tower.Patch}
            features      d = {tower.Dimension}; any input in multiples of {tower.Patch}
            checked       embedding of a whole image as the export gives it, to {summary.Difference:0.0e0}
            """));
    }

    private static void Together(string first, string? firstValue, string second, string? secondValue)
    {
        if (firstValue is null != secondValue is null) throw new ConfigurationException(firstValue is null ? first : second, $"is missing beside {(firstValue is null ? second : first)}", "Give both");
    }

    private ImageNormalisation? Normalisation()
    {
        float[] mean = [.. Mean], std = [.. Std];
        if (mean.Length == 0 && std.Length == 0) return null;
        if (mean.Length != 3 || std.Length != 3 || std.Any(value => !(value > 0))) throw new ConfigurationException("--mean", "needs three numbers, and --std three above 0", "Give for example --mean 0.481,0.458,0.408 --std 0.269,0.261,0.276");
        return new ImageNormalisation(mean, std);
    }
}
