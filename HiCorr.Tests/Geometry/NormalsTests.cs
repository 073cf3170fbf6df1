using HiCorr.Pipeline.Geometry;

namespace HiCorr.Tests.Geometry;

public sealed class NormalsTests
{
    [Fact]
    public void Estimates_a_sphere_s_normals_towards_a_viewpoint_inside()
    {
        const int Count = 4000;
        float[] points = Sphere(Count);
        float[] normals = Normals.OfCloud(points, 12, [0.1f, 0, 0]);
        for (int i = 0; i < points.Length; i += 3)
        {
            double inward = -(normals[i] * points[i] + normals[i + 1] * points[i + 1] + normals[i + 2] * points[i + 2]);
            Assert.InRange(inward, 0.99, 1.0001);
        }
    }

    [Fact]
    public void Middle_is_that_of_the_bounding_box() => Assert.Equal([1.5f, 0, -1], Normals.Middle([0, 0, 0, 3, 1, -2, 1, -1, -1]));

    [Fact]
    public void Turns_normals_outwards_without_viewpoints()
    {
        float[] points = Sphere(500), normals = Normals.OfCloud(points, 8, []);
        for (int i = 0; i < points.Length; i += 3)
            Assert.True(normals[i] * points[i] + normals[i + 1] * points[i + 1] + normals[i + 2] * points[i + 2] > 0.9);
    }

    [Fact]
    public void Finds_the_plane_of_points_far_from_the_origin()
    {
        float[] points = new float[300];
        for (int i = 0; i < 100; i++) (points[3 * i], points[3 * i + 1], points[3 * i + 2]) = (5000 + i % 10 * 0.125f, 3000 + i / 10 * 0.125f, 64 + i % 10 * 0.125f);
        float[] normals = Normals.OfCloud(points, 8, [5000, 3000, 1000]);
        float half = MathF.Sqrt(0.5f);
        for (int i = 0; i < 300; i += 3) Assert.Equal([-half, 0, half], normals[i..(i + 3)], (a, b) => MathF.Abs(a - b) < 1e-4f);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void Gives_zero_where_points_span_no_plane(int points)
    {
        // Coinciding points, then points on a line.
        Assert.All(Normals.OfCloud(new float[3 * points], 4, []), n => Assert.Equal(0, n));
        float[] line = new float[3 * points];
        for (int i = 0; i < points; i++) line[3 * i] = i;
        Assert.All(Normals.OfCloud(line, 4, []), n => Assert.Equal(0, n));
    }

    [Fact]
    public void Weighs_faces_by_area_and_leaves_lonely_and_degenerate_vertices_at_zero()
    {
        float[] normals = Normals.OfMesh([0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 5, 5, 5, 6, 6, 6], [0, 1, 2, 0, 2, 3, 4, 5, 5]);
        float length = MathF.Sqrt(5);
        Assert.Equal([1 / length, 0, 2 / length], normals[..3], (a, b) => MathF.Abs(a - b) < 1e-6f);
        Assert.All(normals[12..], n => Assert.Equal(0, n));
    }

    private static float[] Sphere(int count)
    {
        // Fibonacci's spiral spreads points evenly.
        float[] points = new float[count * 3];
        for (int i = 0; i < count; i++)
        {
            double z = 1 - (2 * i + 1.0) / count, angle = i * Math.PI * (3 - Math.Sqrt(5)), radius = Math.Sqrt(1 - z * z);
            (points[3 * i], points[3 * i + 1], points[3 * i + 2]) = ((float)(radius * Math.Cos(angle)), (float)(radius * Math.Sin(angle)), (float)z);
        }
        return points;
    }
}
