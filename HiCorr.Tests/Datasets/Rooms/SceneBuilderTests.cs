using System.Numerics;
using HiCorr.Pipeline.Datasets.Rooms;
using HiCorr.Pipeline.Datasets.Rooms.Rendering;

namespace HiCorr.Tests.Datasets.Rooms;

public sealed class SceneBuilderTests
{
    private static readonly Lazy<RoomScene> Bedroom = new(() =>
        SceneBuilder.Build(new RoomsOptions { Frames = 10, Width = 96, Height = 72 }, "scene0000_00", 0, new RoomRandom(3, 1)));

    [Fact]
    public void Measures_depth_that_agrees_with_the_mesh()
    {
        RoomScene scene = Bedroom.Value;
        var cells = CellsOf(scene.Mesh);
        int near = 0, all = 0;
        foreach (RoomFrame frame in scene.Frames)
            for (int y = 0; y < 72; y += 3)
                for (int x = 0; x < 96; x += 3)
                {
                    if (frame.Depth.Millimetres[y * 96 + x] == 0) continue;
                    all++;
                    // Half the diagonal of a mesh cell plus the sensor's noise.
                    if (Nearest(cells, scene.Mesh, PlaceOf(frame, x, y)) < 0.06f) near++;
                }
        Assert.True(all > 2000, $"only {all} measurements");
        Assert.True(near > 0.98 * all, $"{near} of {all} lie on the mesh");
    }

    [Fact]
    public void Labels_vertices_as_the_views_show_them()
    {
        RoomScene scene = Bedroom.Value;
        Quad[] quads = scene.Room.Quads;
        var raster = new Raster(96, 72, 1);
        int agree = 0, all = 0;
        foreach (RoomFrame frame in scene.Frames)
        {
            Rasterizer.Draw(quads, frame.Camera, raster);
            for (int v = 0; v < scene.Mesh.Count; v++)
            {
                Vector3 p = frame.Camera.ToCamera(VertexOf(scene.Mesh, v));
                if (p.Z < 0.3f) continue;
                int x = (int)MathF.Round(p.X / p.Z * frame.Camera.Focal + frame.Camera.Cx), y = (int)MathF.Round(p.Y / p.Z * frame.Camera.Focal + frame.Camera.Cy);
                if (x < 1 || y < 1 || x >= 95 || y >= 71) continue;
                int at = y * 96 + x;
                if (MathF.Abs(1 / raster.InverseDepth[at] - p.Z) > 0.01f || raster.Triangle[at] >> 1 != raster.Triangle[at + 1] >> 1) continue;
                all++;
                if (quads[raster.Triangle[at] >> 1].Label == scene.Mesh.Labels[v]) agree++;
            }
        }
        Assert.True(all > 5000, $"only {all} vertices compared");
        Assert.True(agree > 0.97 * all, $"{agree} of {all} agree");
    }

    [Fact]
    public void Leaves_out_what_no_camera_saw()
    {
        RoomScene scene = Bedroom.Value;
        var everything = new SceneMesher(scene.Room, 0.046f);
        // A mesh for which nothing was marked as seen is empty; one view shows less than ten do.
        Assert.Equal(0, everything.Build(scene.Room, new Lighting(new RoomRandom(1), scene.Room.Size), new RoomRandom(1)).Count);
        var raster = new Raster(96, 72, 2);
        Rasterizer.Draw(scene.Room.Quads, scene.Frames[0].Camera, raster);
        everything.See(scene.Frames[0].Camera, raster);
        int one = everything.Build(scene.Room, new Lighting(new RoomRandom(1), scene.Room.Size), new RoomRandom(1)).Count;
        Assert.InRange(one, 200, scene.Mesh.Count - 200);
    }

    [Fact]
    public void Leaves_holes_and_not_too_many()
    {
        int holes = Bedroom.Value.Frames.Sum(frame => frame.Depth.Millimetres.Count(d => d == 0)), all = 10 * 96 * 72;
        Assert.InRange((double)holes / all, 0.005, 0.35);
    }

    [Fact]
    public void Has_valid_faces_and_as_many_vertices_as_a_scan()
    {
        SceneMesh mesh = Bedroom.Value.Mesh;
        Assert.InRange(mesh.Count, 10_000, 80_000);
        Assert.All(mesh.Faces, v => Assert.InRange(v, 0, mesh.Count - 1));
        Assert.Equal(mesh.Count, mesh.Faces.Distinct().Count());
    }

    private static Vector3 PlaceOf(RoomFrame frame, int x, int y)
    {
        Camera camera = frame.Camera;
        float z = frame.Depth.Millimetres[y * camera.Width + x] / 1000f;
        return camera.Eye + camera.Right * ((x - camera.Cx) / camera.Focal * z) + camera.Down * ((y - camera.Cy) / camera.Focal * z) + camera.Forward * z;
    }

    private static Vector3 VertexOf(SceneMesh mesh, int v) => new(mesh.Positions.AsSpan(3 * v, 3));

    private static Dictionary<(int, int, int), List<int>> CellsOf(SceneMesh mesh)
    {
        var cells = new Dictionary<(int, int, int), List<int>>();
        for (int v = 0; v < mesh.Count; v++)
        {
            (int, int, int) key = Cell(VertexOf(mesh, v));
            if (!cells.TryGetValue(key, out List<int>? list)) cells[key] = list = [];
            list.Add(v);
        }
        return cells;
    }

    private static float Nearest(Dictionary<(int, int, int), List<int>> cells, SceneMesh mesh, Vector3 place)
    {
        (int cx, int cy, int cz) = Cell(place);
        float best = float.MaxValue;
        for (int x = cx - 1; x <= cx + 1; x++)
            for (int y = cy - 1; y <= cy + 1; y++)
                for (int z = cz - 1; z <= cz + 1; z++)
                    if (cells.TryGetValue((x, y, z), out List<int>? list))
                        foreach (int v in list) best = MathF.Min(best, Vector3.Distance(place, VertexOf(mesh, v)));
        return best;
    }

    private static (int, int, int) Cell(Vector3 p) => ((int)MathF.Floor(p.X * 10), (int)MathF.Floor(p.Y * 10), (int)MathF.Floor(p.Z * 10));
}
