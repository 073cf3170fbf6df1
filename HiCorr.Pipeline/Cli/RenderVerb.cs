using CommandLine;
using HiCorr.Pipeline.Datasets.Rgbd;
using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Formats.Png;
using HiCorr.Pipeline.Reports;

namespace HiCorr.Pipeline.Cli;

[Verb("render", HelpText = "Draw coloured PLY clouds or meshes side by side into a PNG: from above and from a corner, the ceiling cut away.")]
public sealed class RenderVerb : Verb
{
    [Option("ply", Required = true, Separator = ',', HelpText = "PLY files, comma-separated; the first one frames the picture.")]
    public IEnumerable<string> Ply { get; set; } = [];

    [Option("out", Required = true, HelpText = "PNG file.")]
    public string Out { get; set; } = "";

    [Option("up", Default = "z", HelpText = "Which way is up: x, -x, y, -y, z or -z.")]
    public string Up { get; set; } = "";

    [Option("cut", Default = 2.0f, HelpText = "Metres above the floor beyond which nothing is drawn.")]
    public float Cut { get; set; }

    [Option("view", Default = "both", HelpText = "top, oblique or both.")]
    public string View { get; set; } = "";

    [Option("width", Default = 640, HelpText = "Pixels of one cloud's picture.")]
    public int Width { get; set; }

    public override void Run(CancellationToken stop)
    {
        string[] files = [.. Ply];
        if (files.Length == 0) throw new ConfigurationException("--ply", "names no file");
        if (Width is < 64 or > 4096) throw new ConfigurationException("--width", "must be from 64 to 4096");
        IReadOnlyList<ViewKind> views = View switch
        {
            "both" => [ViewKind.BirdsEye, ViewKind.Oblique],
            "top" => [ViewKind.BirdsEye],
            "oblique" => [ViewKind.Oblique],
            _ => throw new ConfigurationException("--view", $"'{View}' is not one of its values", "Allowed: top, oblique, both"),
        };
        (float X, float Y, float Z) up = UpAxis.Parse(Up, "--up");
        Panel[] panels = [.. files.Select(file =>
        {
            Scenes.PointCloud cloud = PlyReader.ReadCloud(file);
            return new Panel(Path.GetFileNameWithoutExtension(file), cloud, cloud.Colors);
        })];
        PngWriter.WriteRgb(Out, CloudPicture.Draw(panels, up, [], views, Width, Cut));
    }
}
