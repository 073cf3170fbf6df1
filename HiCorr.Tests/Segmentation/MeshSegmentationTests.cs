using System.Text.Json;
using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Segmentation;

namespace HiCorr.Tests.Segmentation;

public sealed class MeshSegmentationTests
{
    /// <summary>The partition of a C++ build of the original's algorithm, whose std::sort may order equal weights otherwise.</summary>
    [Theory]
    [InlineData("patches.segs.json", 0.01f, 20, 34)]
    [InlineData("patches.fine.segs.json", 0.05f, 8, 79)]
    public void Gives_the_partition_of_the_original(string expected, float threshold, int minVertices, int segments)
    {
        PointCloud mesh = PlyReader.ReadCloud(Data("patches.ply"));
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Data(expected)));
        int[] original = [.. json.RootElement.GetProperty("segIndices").EnumerateArray().Select(id => id.GetInt32())];

        Segments ours = Segments.FromIds(MeshSegmentation.Segment(mesh.Positions, mesh.Faces, new SegmentationOptions(threshold, minVertices)));

        Assert.Equal(segments, ours.Count);
        Assert.Equal(Segments.FromIds(original).Ids, ours.Ids);
    }

    [Theory]
    [InlineData(0.01f, 20)]
    [InlineData(0.1f, 1)]
    [InlineData(0.3f, 50)]
    public void Gives_the_root_ids_of_a_plain_implementation_with_a_stable_sort(float threshold, int minVertices)
    {
        PointCloud mesh = PlyReader.ReadCloud(Data("patches.ply"));
        int[] plain = PlainSegmentation.Segment(mesh.Positions, mesh.Faces, threshold, minVertices);
        Assert.Equal(plain, MeshSegmentation.Segment(mesh.Positions, mesh.Faces, new SegmentationOptions(threshold, minVertices)));
    }

    [Fact]
    public void Parts_two_planes_that_meet_at_a_right_angle()
    {
        (float[] positions, int[] faces) = Corner(8);
        Segments segments = Segments.FromIds(MeshSegmentation.Segment(positions, faces, new SegmentationOptions(0.01f, 5)));
        int floor = segments.Ids[1 * 17 + 1], wall = segments.Ids[1 * 17 + 15];
        Assert.NotEqual(floor, wall);
        for (int row = 0; row < 8; row++)
        {
            Assert.Equal(floor, segments.Ids[row * 17 + 2]);
            Assert.Equal(wall, segments.Ids[row * 17 + 14]);
        }
    }

    [Fact]
    public void Survives_faces_without_area_and_leaves_loose_vertices_alone()
    {
        float[] positions = [0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0, 0, 0, 0, 9, 9, 9];
        int[] faces = [0, 1, 2, 1, 3, 2, 0, 0, 1, 0, 4, 1, 2, 2, 2];
        int[] ids = MeshSegmentation.Segment(positions, faces, new SegmentationOptions(0.01f, 20));
        Assert.All(ids[..5], id => Assert.Equal(ids[0], id));
        Assert.Equal(5, ids[5]);
    }

    [Fact]
    public void Gives_every_vertex_its_own_segment_without_faces() =>
        Assert.Equal([0, 1], MeshSegmentation.Segment([0, 0, 0, 1, 1, 1], [], new SegmentationOptions()));

    private static string Data(string file) => Path.Combine(AppContext.BaseDirectory, "Data", "Segmentation", file);

    /// <summary>A floor of 8 columns and a wall of 8 columns that share a ninth between them; 17 vertices a row.</summary>
    private static (float[] Positions, int[] Faces) Corner(int rows)
    {
        var positions = new List<float>();
        var faces = new List<int>();
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < 17; column++)
            {
                positions.AddRange([Math.Min(column, 8), row, Math.Max(0, column - 8)]);
                if (row == 0 || column == 0) continue;
                int here = row * 17 + column;
                faces.AddRange([here - 18, here - 17, here, here - 18, here, here - 1]);
            }
        }
        return ([.. positions], [.. faces]);
    }
}
