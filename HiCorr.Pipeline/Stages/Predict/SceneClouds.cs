using System.Text.Json;
using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Formats.Png;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Reports;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Evaluate;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages.Predict;

/// <summary>
/// A segmented scene as a user looks at it: <c>SCENE.prediction.ply</c> (x y z, class colour, label, confidence), beside it the input, the pseudo-labels
/// and the ground truth where they are known, one picture of all, and <c>classes.json</c> that names the labels. Ground truth of another class
/// list than the run's has its names in <c>ground-truth.classes.json</c>.
/// </summary>
public static class SceneClouds
{
    private const int PictureWidth = 480;

    /// <param name="folder">Where to.</param>
    /// <param name="scene">Geometry, in the recording's own coordinates.</param>
    /// <param name="prediction">Of a network or of images; points may be without.</param>
    /// <param name="pairs">Projected labels; null where there are none.</param>
    /// <param name="classes">Names of the labels.</param>
    /// <param name="truthClasses">Names of the ground truth's labels; null without ground truth.</param>
    /// <param name="system">What made the prediction, as the picture says.</param>
    public static void Write(string folder, Scene scene, Prediction prediction, LabelPairs? pairs, ClassList classes, ClassList? truthClasses,
        string system = Evaluator.Network)
    {
        PointCloud cloud = scene.Cloud;
        var palette = new ClassPalette(classes);
        var panels = new List<Panel> { new("input", cloud, cloud.Colors) };
        var labels = new List<byte[]> { prediction.Labels };
        var truthLegend = new List<(string Name, (byte R, byte G, byte B) Color)>();
        WritePly("input", cloud.Colors, null, null, cloud.Faces.Length == 0 ? cloud.Normals : null); // what `predict` would take from faces
        if (pairs is not null)
        {
            byte[] projected = ViewVote.Compute(pairs.Points, pairs.Raw, cloud.Count).Labels;
            byte[] colors = palette.Colorize(projected);
            WritePly("pseudo-labels", colors, projected, null);
            panels.Add(new Panel("pseudo-labels", cloud, colors));
            labels.Add(projected);
        }
        byte[] predicted = palette.Colorize(prediction.Labels);
        WritePly("prediction", predicted, prediction.Labels, prediction.Confidence);
        panels.Add(new Panel(system, cloud, predicted));
        if (scene.GroundTruth is { } truth && truthClasses is not null)
        {
            var truthPalette = new ClassPalette(truthClasses);
            byte[] colors = truthPalette.Colorize(truth);
            WritePly("ground-truth", colors, truth, null);
            panels.Add(new Panel("ground truth", cloud, colors));
            truthLegend.AddRange(truthPalette.LegendOf(truth));
            if (!truthClasses.Names.SequenceEqual(classes.Names))
                AtomicFile.WriteText(Path.Combine(folder, "ground-truth.classes.json"), JsonSerializer.Serialize(truthClasses.Names));
        }
        AtomicFile.WriteText(Path.Combine(folder, "classes.json"), JsonSerializer.Serialize(classes.Names));
        PngWriter.WriteRgb(Path.Combine(folder, $"{scene.Name}.png"),
            CloudPicture.Draw(panels, scene.Up, [.. palette.LegendOf([.. labels]).Union(truthLegend)], [ViewKind.BirdsEye, ViewKind.Oblique], PictureWidth));

        void WritePly(string what, byte[] colors, byte[]? label, float[]? confidence, float[]? normals = null) =>
            PlyWriter.Write(Path.Combine(folder, $"{scene.Name}.{what}.ply"),
                new PlyContent { Positions = cloud.Positions, Normals = normals, Colors = colors, Faces = cloud.Faces, Labels = label, Confidence = confidence });
    }
}
