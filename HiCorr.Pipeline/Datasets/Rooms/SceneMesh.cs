using System.Numerics;
using HiCorr.Pipeline.Datasets.Rooms.Rendering;

namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>A room as a scan would give it: one triangle mesh with a colour and a label per vertex, without what no camera saw.</summary>
internal sealed class SceneMesh
{
    public required float[] Positions { get; init; } // (N, 3)
    public required byte[] Colors { get; init; } // (N, 3)
    public required byte[] Labels { get; init; } // (N)
    public required int[] Faces { get; init; } // (F, 3)

    public int Count => Labels.Length;
}

/// <summary>Cuts quads into a grid of triangles and keeps those that <see cref="See"/> has found in a view.</summary>
internal sealed class SceneMesher
{
    private readonly List<Vector3> _places = [];
    private readonly List<Vector3> _normals = [];
    private readonly List<byte> _labels = [];
    private readonly List<int> _owners = []; // quad of the vertex
    private readonly List<int> _faces = [];
    private readonly List<int> _faceQuads = [];
    private readonly Quad[] _quads;
    private readonly bool[] _seen;

    public SceneMesher(Room room, float edge)
    {
        _quads = room.Quads;
        var known = new Dictionary<(int, int, int, int), int>(60_000);
        int[] grid = [];
        for (int q = 0; q < _quads.Length; q++)
        {
            Quad quad = _quads[q];
            int across = Steps(quad.P0, quad.P1, quad.P3, quad.P2, edge), up = Steps(quad.P0, quad.P3, quad.P1, quad.P2, edge);
            if (grid.Length < (across + 1) * (up + 1)) grid = new int[(across + 1) * (up + 1)];
            for (int j = 0; j <= up; j++)
                for (int i = 0; i <= across; i++)
                    grid[j * (across + 1) + i] = Vertex(quad, q, (float)i / across, (float)j / up, known);
            for (int j = 0; j < up; j++)
                for (int i = 0; i < across; i++)
                {
                    int a = grid[j * (across + 1) + i], b = grid[j * (across + 1) + i + 1], d = grid[(j + 1) * (across + 1) + i], c = grid[(j + 1) * (across + 1) + i + 1];
                    Face(a, b, c, q);
                    Face(a, c, d, q);
                }
        }
        _seen = new bool[_faceQuads.Count];
    }

    /// <summary>Marks the faces whose centre this view shows.</summary>
    public void See(in Camera camera, Raster raster)
    {
        float scale = raster.Samples;
        for (int f = 0; f < _seen.Length; f++)
        {
            if (_seen[f]) continue;
            Vector3 centre = (_places[_faces[3 * f]] + _places[_faces[3 * f + 1]] + _places[_faces[3 * f + 2]]) / 3;
            Vector3 p = camera.ToCamera(centre);
            if (p.Z < 0.2f) continue;
            ref readonly Quad quad = ref _quads[_faceQuads[f]];
            float facing = Vector3.Dot(quad.Flat, camera.Eye - centre);
            if (!quad.TwoSided && facing < 0.03f * p.Z) continue;
            int x = (int)MathF.Round((p.X / p.Z * camera.Focal + camera.Cx + 0.5f) * scale - 0.5f);
            int y = (int)MathF.Round((p.Y / p.Z * camera.Focal + camera.Cy + 0.5f) * scale - 0.5f);
            if (x < 0 || y < 0 || x >= raster.Width || y >= raster.Height) continue;
            int at = y * raster.Width + x;
            int shown = raster.Triangle[at] >> 1;
            // Depth alone would also take the wall just behind a picture.
            _seen[f] = shown == _faceQuads[f] || (shown >= 0 && _quads[shown].Object == quad.Object
                && MathF.Abs(1 / raster.InverseDepth[at] - p.Z) < 0.012f * MathF.Max(1, p.Z));
        }
    }

    /// <summary>The seen part, lit, with the small errors of a fused scan.</summary>
    public SceneMesh Build(Room room, Lighting lighting, RoomRandom random)
    {
        var newIndex = new int[_places.Count];
        var touched = new bool[_places.Count];
        for (int f = 0; f < _seen.Length; f++)
            if (_seen[f]) touched[_faces[3 * f]] = touched[_faces[3 * f + 1]] = touched[_faces[3 * f + 2]] = true;
        var faces = new List<int>();
        // A face between seen ones is kept, so that single misses leave no holes.
        for (int f = 0; f < _seen.Length; f++)
            if (touched[_faces[3 * f]] && touched[_faces[3 * f + 1]] && touched[_faces[3 * f + 2]])
                faces.AddRange(_faces[3 * f], _faces[3 * f + 1], _faces[3 * f + 2]);
        int count = 0;
        for (int v = 0; v < touched.Length; v++) newIndex[v] = touched[v] ? count++ : -1;
        var positions = new float[count * 3];
        var colors = new byte[count * 3];
        var labels = new byte[count];
        float exposure = random.Range(0.85f, 1.1f);
        for (int v = 0; v < touched.Length; v++)
        {
            if (!touched[v]) continue;
            int at = newIndex[v];
            Quad quad = _quads[_owners[v]];
            Vector3 light = Vector3.Lerp(Vector3.One, lighting.At(_places[v], _normals[v]), 0.6f) * exposure;
            Vector3 color = quad.Material.Sample(room.ToObject(quad.Object, _places[v])) * light * 255 + random.InCube(4);
            Vector3 place = _places[v] + random.InCube(0.0025f);
            for (int k = 0; k < 3; k++)
            {
                positions[at * 3 + k] = place[k];
                colors[at * 3 + k] = (byte)Math.Clamp(color[k] + 0.5f, 0, 255);
            }
            labels[at] = _labels[v];
        }
        return new SceneMesh { Positions = positions, Colors = colors, Labels = labels, Faces = [.. faces.Select(v => newIndex[v])] };
    }

    private void Face(int a, int b, int c, int quad)
    {
        if (a == b || b == c || a == c) return;
        _faces.AddRange(a, b, c);
        _faceQuads.Add(quad);
    }

    private int Vertex(in Quad quad, int index, float u, float v, Dictionary<(int, int, int, int), int> known)
    {
        Vector3 place = Vector3.Lerp(Vector3.Lerp(quad.P0, quad.P1, u), Vector3.Lerp(quad.P3, quad.P2, u), v);
        Vector3 cell = place * 1000;
        var key = (quad.Object, (int)MathF.Round(cell.X), (int)MathF.Round(cell.Y), (int)MathF.Round(cell.Z));
        if (known.TryGetValue(key, out int id)) return id;
        known.Add(key, id = _places.Count);
        _places.Add(place);
        _normals.Add(quad.Flat);
        _labels.Add(quad.Label);
        _owners.Add(index);
        return id;
    }

    private static int Steps(Vector3 a, Vector3 b, Vector3 c, Vector3 d, float edge) =>
        Math.Max(1, (int)MathF.Ceiling(MathF.Max(Vector3.Distance(a, b), Vector3.Distance(c, d)) / edge));
}
