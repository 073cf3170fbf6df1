using System.Numerics;
using System.Runtime.InteropServices;
using HiCorr.Pipeline.Geometry;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Reports;

/// <summary>
/// Draws a coloured mesh or cloud with a z-buffer: triangles, or squares as large as the points lie apart. What faces away is left
/// out, so that walls and ceilings do not hide the room, as is what lies above the cut.
/// </summary>
internal sealed class CloudRenderer
{
    private const int Supersampling = 2, SpacingNeighbour = 4;
    private const float LowPercentile = 0.02f, AmbientShare = 0.72f;

    private readonly PointCloud _cloud;
    private readonly bool[] _kept; // (N)
    private readonly float _spacing;
    private readonly Vector3 _up;

    /// <param name="cloud">Points, normals and perhaps faces.</param>
    /// <param name="up">Unit vector.</param>
    /// <param name="cut">Metres above the floor beyond which nothing is drawn.</param>
    public CloudRenderer(PointCloud cloud, Vector3 up, float cut)
    {
        (_cloud, _up) = (cloud, up);
        ReadOnlySpan<Vector3> points = Points;
        float[] heights = new float[points.Length];
        for (int i = 0; i < heights.Length; i++) heights[i] = Vector3.Dot(points[i], up);
        _kept = new bool[heights.Length];
        if (heights.Length == 0) return;
        float[] sorted = [.. heights];
        Array.Sort(sorted);
        float top = sorted[(int)(LowPercentile * (sorted.Length - 1))] + cut;
        for (int i = 0; i < heights.Length; i++) _kept[i] = heights[i] <= top;
        if (cloud.Faces.Length == 0) _spacing = Spacing(cloud.Positions);
    }

    private ReadOnlySpan<Vector3> Points => MemoryMarshal.Cast<float, Vector3>(_cloud.Positions);

    private ReadOnlySpan<Vector3> Normals => MemoryMarshal.Cast<float, Vector3>(_cloud.Normals);

    /// <summary>A view that shows all that is drawn.</summary>
    public CloudView ViewFrom(ViewKind kind, int width, int height)
    {
        var kept = new List<Vector3>();
        for (int i = 0; i < _kept.Length; i++)
            if (_kept[i]) kept.Add(Points[i]);
        return new CloudView(kind, _up, CollectionsMarshal.AsSpan(kept), Supersampling * width, Supersampling * height);
    }

    /// <param name="view">From <see cref="ViewFrom"/>, perhaps of another renderer, so that pictures match.</param>
    /// <param name="colors">Red, green, blue per point.</param>
    /// <param name="background">Colour of empty pixels.</param>
    public ColorImage Draw(CloudView view, byte[] colors, (byte R, byte G, byte B) background)
    {
        var buffer = new DepthBuffer(view.Width, view.Height, background);
        if (_cloud.Faces.Length > 0) DrawFaces(view, colors, buffer);
        else DrawPoints(view, colors, buffer);
        return buffer.Shrink(Supersampling);
    }

    private void DrawFaces(CloudView view, byte[] colors, DepthBuffer buffer)
    {
        ReadOnlySpan<Vector3> points = Points;
        Vector3[] projected = new Vector3[points.Length];
        for (int i = 0; i < projected.Length; i++) projected[i] = view.Project(points[i]);
        int[] faces = _cloud.Faces;
        for (int f = 0; f < faces.Length; f += 3)
        {
            int a = faces[f], b = faces[f + 1], c = faces[f + 2];
            if (!_kept[a] || !_kept[b] || !_kept[c]) continue;
            Vector3 normal = Vector3.Cross(points[b] - points[a], points[c] - points[a]), ray = view.RayTo(points[a]);
            float facing = -Vector3.Dot(normal, ray) / (normal.Length() * ray.Length());
            if (!(facing > 0)) continue;
            float light = AmbientShare + (1 - AmbientShare) * facing;
            buffer.Triangle(projected[a], projected[b], projected[c], light * Color(colors, a), light * Color(colors, b), light * Color(colors, c));
        }
    }

    private void DrawPoints(CloudView view, byte[] colors, DepthBuffer buffer)
    {
        ReadOnlySpan<Vector3> points = Points, normals = Normals;
        for (int i = 0; i < points.Length; i++)
        {
            if (!_kept[i]) continue;
            Vector3 ray = view.RayTo(points[i]), normal = normals[i];
            float facing = normal == Vector3.Zero ? 1 : -Vector3.Dot(normal, ray) / ray.Length();
            if (facing < 0) continue;
            Vector3 center = view.Project(points[i]);
            buffer.Square(center, 0.5f * _spacing * view.PixelsPerMetre(center.Z), (AmbientShare + (1 - AmbientShare) * facing) * Color(colors, i));
        }
    }

    private static Vector3 Color(byte[] colors, int point) => new(colors[3 * point], colors[3 * point + 1], colors[3 * point + 2]);

    /// <summary>A square of this side covers the gaps between most points: the median distance to a near neighbour.</summary>
    private static float Spacing(float[] positions)
    {
        int[] near = new NearestNeighbours(positions).FindAll(SpacingNeighbour);
        float[] distances = new float[positions.Length / 3];
        for (int i = 0; i < distances.Length; i++)
        {
            int other = near[SpacingNeighbour * (i + 1) - 1];
            if (other >= 0) distances[i] = Vector3.Distance(new Vector3(positions.AsSpan(3 * i, 3)), new Vector3(positions.AsSpan(3 * other, 3)));
        }
        Array.Sort(distances);
        return distances[distances.Length / 2];
    }
}
