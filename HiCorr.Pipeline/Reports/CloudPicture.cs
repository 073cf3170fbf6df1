using System.Numerics;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Reports;

/// <summary>One column of a picture: a cloud and what it is coloured by.</summary>
/// <param name="Caption">Stands above it.</param>
/// <param name="Cloud">The geometry.</param>
/// <param name="Colors">Red, green, blue per point. (N, 3)</param>
public sealed record Panel(string Caption, PointCloud Cloud, byte[] Colors);

/// <summary>Clouds side by side, a row per view, with captions above and a legend of class colours below.</summary>
public static class CloudPicture
{
    private const int TextScale = 2, Gap = 12, Swatch = 16, LineHeight = 26;

    private static readonly (byte, byte, byte) s_background = (255, 255, 255), s_ink = (30, 30, 30);

    /// <param name="panels">Columns, all seen as the first one is; one or more.</param>
    /// <param name="up">Unit vector that points up.</param>
    /// <param name="legend">Class names and colours; may be empty.</param>
    /// <param name="views">Rows.</param>
    /// <param name="panelWidth">Pixels of a column; rows are three quarters of it high.</param>
    /// <param name="cut">Metres above the floor beyond which nothing is drawn, so that one sees into the room.</param>
    public static ColorImage Draw(IReadOnlyList<Panel> panels, (float X, float Y, float Z) up,
        IReadOnlyList<(string Name, (byte R, byte G, byte B) Color)> legend, IReadOnlyList<ViewKind> views, int panelWidth = 480, float cut = 2.0f)
    {
        var upward = Vector3.Normalize(new Vector3(up.X, up.Y, up.Z));
        int panelHeight = panelWidth * 3 / 4, width = panels.Count * (panelWidth + Gap) + Gap, top = Gap + LineHeight;
        int legendTop = top + views.Count * (panelHeight + Gap);
        List<(int X, int Y)> places = Place(legend, width, out int legendHeight);
        var canvas = new Canvas(width, legendTop + legendHeight, s_background);

        var pictures = new ColorImage[views.Count, panels.Count];
        var first = new CloudRenderer(panels[0].Cloud, upward, cut);
        CloudView[] cameras = [.. views.Select(view => first.ViewFrom(view, panelWidth, panelHeight))];
        Parallel.For(0, panels.Count, p =>
        {
            CloudRenderer renderer = ReferenceEquals(panels[p].Cloud, panels[0].Cloud) ? first : new CloudRenderer(panels[p].Cloud, upward, cut);
            for (int v = 0; v < cameras.Length; v++) pictures[v, p] = renderer.Draw(cameras[v], panels[p].Colors, s_background);
        });

        for (int p = 0; p < panels.Count; p++)
        {
            int left = Gap + p * (panelWidth + Gap);
            canvas.Text(left, Gap, panels[p].Caption, TextScale, s_ink);
            for (int v = 0; v < views.Count; v++) canvas.Draw(pictures[v, p], left, top + v * (panelHeight + Gap));
        }
        for (int i = 0; i < legend.Count; i++)
        {
            (int x, int y) = (places[i].X, legendTop + places[i].Y);
            canvas.Fill(x, y, Swatch, Swatch, legend[i].Color);
            canvas.Text(x + Swatch + 6, y + 1, legend[i].Name, TextScale, s_ink);
        }
        return canvas.ToImage();
    }

    /// <summary>Legend entries in lines as long as the picture is wide.</summary>
    private static List<(int X, int Y)> Place(IReadOnlyList<(string Name, (byte R, byte G, byte B) Color)> legend, int width, out int height)
    {
        var places = new List<(int, int)>();
        int x = Gap, y = 0;
        foreach ((string name, _) in legend)
        {
            int entry = Swatch + 6 + Canvas.TextWidth(name, TextScale) + 2 * Gap;
            if (x > Gap && x + entry > width) (x, y) = (Gap, y + LineHeight);
            places.Add((x, y));
            x += entry;
        }
        height = legend.Count == 0 ? 0 : y + LineHeight + Gap / 2;
        return places;
    }
}
