using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Reports;

/// <summary>One scene in its own colours and beside it coloured by class, once per system, with a legend.</summary>
public static class OverviewPicture
{
    /// <param name="scene">Geometry and up axis.</param>
    /// <param name="classes">What the labels index.</param>
    /// <param name="systems">Caption and class index per point, for example pseudo-labels, prediction and ground truth.</param>
    public static ColorImage Draw(Scene scene, ClassList classes, params ReadOnlySpan<(string Caption, byte[] Labels)> systems)
    {
        var palette = new ClassPalette(classes);
        var panels = new List<Panel> { new("input", scene.Cloud, scene.Cloud.Colors) };
        var labels = new byte[systems.Length][];
        for (int i = 0; i < systems.Length; i++)
        {
            labels[i] = systems[i].Labels;
            panels.Add(new Panel(systems[i].Caption, scene.Cloud, palette.Colorize(labels[i])));
        }
        return CloudPicture.Draw(panels, scene.Up, palette.LegendOf(labels), [ViewKind.BirdsEye, ViewKind.Oblique]);
    }
}
