using System.Globalization;
using System.Text;
using CommandLine;
using HiCorr.Pipeline.Datasets.Rooms;
using HiCorr.Pipeline.Formats.Images;
using HiCorr.Pipeline.Formats.Png;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Reports;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Pipeline.Cli;

[Verb("model check", HelpText = "Try out a model pack: shapes, sizes, normalisation, finite outputs, unit rows, and the labels of one image.")]
public sealed class ModelCheckVerb : Verb
{
    [Value(0, Required = true, MetaName = "pack", HelpText = "Folder of the pack, or the name of one that HiCorr ships.")]
    public string Pack { get; set; } = "";

    [Option("image", HelpText = "Image to label, JPEG or PNG; a picture of one of Rooms' rooms when left out.")]
    public string? Image { get; set; }

    [Option("classes", HelpText = "Names, a file or a class list; all of the pack's, or scannet20 where it knows any name, when left out.")]
    public string? Classes { get; set; }

    [Option("out", HelpText = "PNG file of the label map in the classes' colours.")]
    public string? Out { get; set; }

    [Option("json", HelpText = "Print one JSON document instead of a table.")]
    public bool AsJson { get; set; }

    public override void Run(CancellationToken stop)
    {
        var pack = ModelPack.Open(Pack);
        ClassSelection classes = ClassSelection.Resolve(Classes ?? "", pack, pack.Classes.Count == 0 ? ClassLists.Find(ClassLists.ScanNet20) : null);
        ColorImage image = Image is null ? CaptionImages.Make(new CaptionOptions { Size = 256, RoomShare = 1, DetailShare = 0, CloseUpShare = 0 }, 0, 0).Image : ImageReader.Read(Image);
        PackReport report = PackCheck.Run(pack, classes, image);

        var palette = new ClassPalette(classes.Classes);
        LabelMap labels = report.Labels;
        if (Out is not null) PngWriter.WriteRgb(Out, new ColorImage(labels.Width, labels.Height, palette.Colorize(labels.Labels)));
        if (AsJson) PrintJson(new { schemaVersion = 1, pack = pack.Name, report.Outputs, report.Rows, report.ShortestRow, report.LongestRow, labelMap = new { labels.Width, labels.Height }, report.Shares });
        else Console.Out.Write(Table(pack, classes, report, palette));
    }

    private static string Table(ModelPack pack, ClassSelection classes, PackReport report, ClassPalette palette)
    {
        ModelManifest manifest = pack.Manifest;
        var text = new StringBuilder();
        void Line(string name, FormattableString value) => text.Append(name.PadRight(12)).AppendLine(value.ToString(CultureInfo.InvariantCulture));
        Line("pack", $"{pack.Name} ({Path.GetFullPath(pack.Folder)})");
        Line("input", $"'{manifest.Input.Name}', {manifest.Width} x {manifest.Height}{(manifest.Resizable ? $", or any multiples of {manifest.Stride}" : "")}; {(manifest.BlueFirst ? "BGR" : "RGB")}, mean {List(manifest.Mean)}, std {List(manifest.Std)}");
        foreach (OutputCheck output in report.Outputs)
            Line(output.Name, $"[{string.Join(", ", output.Shape)}] of [{string.Join(", ", output.Input)}]: finite, lengths {output.Shortest:0.###} to {output.Longest:0.###}");
        Line("rows", $"{report.Rows} of {pack.EmbeddingDimension}{(classes.TextKey is null ? "" : ", by the text tower")}: lengths {report.ShortestRow:0.####} to {report.LongestRow:0.####}");
        Line("label map", $"{report.Labels.Width} x {report.Labels.Height} pixels of {classes.Classes.Count} classes");
        foreach (ClassShare share in report.Shares)
        {
            int index = classes.Classes.IndexOf(share.Name);
            (byte r, byte g, byte b) = palette[index < 0 ? ClassList.None : (byte)index];
            Line("", $"{share.Share,6:0.0%}  #{r:x2}{g:x2}{b:x2}  {share.Name}");
        }
        return text.ToString();
    }

    private static string List(float[] values) => string.Join(' ', values.Select(value => value.ToString("0.###", CultureInfo.InvariantCulture)));
}
