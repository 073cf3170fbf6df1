using CommandLine;
using HiCorr.Pipeline.Compute;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Datasets.Rgbd;
using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Geometry;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Predict;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Cli;

[Verb("predict", HelpText = "Segment clouds with a trained network, which is all it needs: no images, no model pack.")]
public sealed class PredictVerb : Verb
{
    [Option("network", Required = true, HelpText = "A trained network.safetensors.")]
    public string Network { get; set; } = "";

    [Option("cloud", Required = true, HelpText = "PLY file with x y z and red green blue, in metres; or several, comma-separated.")]
    public string Cloud { get; set; } = "";

    [Option("up", Default = "z", HelpText = "Which way is up in the file: x, -x, y, -y, z or -z.")]
    public string Up { get; set; } = "z";

    [Option("turns", Default = 1, HelpText = "Passes over each cloud, 1 to 64, each turned further about the up axis; their scores are averaged.")]
    public int Turns { get; set; } = 1;

    [Option("device", Default = "cpu", HelpText = "What the network runs on: cpu, cuda, or auto (cuda where it works).")]
    public string Device { get; set; } = "";

    [Option("precision", Default = "fp32", HelpText = "Of products on cuda: fp32, tf32, bf16 or fp16.")]
    public string Precision { get; set; } = "";

    [Option("out", Required = true, HelpText = "Folder of NAME.prediction.ply, NAME.input.ply, NAME.png and classes.json.")]
    public string Out { get; set; } = "";

    public override void Run(CancellationToken stop)
    {
        (float, float, float) up = UpAxis.Parse(Up, "--up");
        if (Turns is < 1 or > 64) throw new ConfigurationException("--turns", $"is {Turns}", "Allowed: 1 to 64");
        string[] clouds = Cloud.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (clouds.Length == 0) throw new ConfigurationException("--cloud", "names no file");
        if (clouds.GroupBy(Path.GetFileNameWithoutExtension).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new ConfigurationException("--cloud", $"{string.Join(" and ", twice)} would both become {twice.Key}.prediction.ply", "Predict them into folders of their own");
        using var compute = new ComputeDevice(ConfigurationLoader.Load(null, null, [("compute.device", Device), ("compute.precision", Precision)]).Compute);
        using SegmentationNetwork network = NetworkFile.Read(Network, compute.Device);
        network.Turns = Turns;
        using var progress = new Telemetry.Progress("predict", clouds.Length);
        foreach (string file in clouds)
        {
            stop.ThrowIfCancellationRequested();
            PlyFile read = PlyReader.Read(file);
            if (read.Colors is null) Log.Warn("{0} has no colours (red, green, blue), which the network goes by: its labels will be poor", file);
            PointCloud cloud = PlyReader.ToCloud(read);
            if (network.Inputs == NetworkInputs.ColorAndShape && read.Find("nx") is null && read.Faces.Length == 0)
            {
                Log.Warn("{0} has neither normals (nx, ny, nz) nor faces to take them from, which the network goes by: they are estimated, as seen from the middle of the cloud", file);
                float[] normals = Normals.OfCloud(cloud.Positions, Normals.CloudNeighbours, Normals.Middle(cloud.Positions));
                cloud = new PointCloud { Source = cloud.Source, Positions = cloud.Positions, Colors = cloud.Colors, Normals = normals };
            }
            var scene = new Scene { Name = Path.GetFileNameWithoutExtension(file), Cloud = cloud, Frames = [], Up = up };
            SceneClouds.Write(Out, scene, network.Predict(scene.Cloud, up), null, network.Text.Classes, null);
            progress.Advance();
            Console.Out.WriteLine(Path.Combine(Out, scene.Name + ".prediction.ply"));
        }
    }
}
