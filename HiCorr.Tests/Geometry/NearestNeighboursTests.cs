using HiCorr.Pipeline.Geometry;

namespace HiCorr.Tests.Geometry;

public sealed class NearestNeighboursTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(13, 4)]
    [InlineData(1000, 12)]
    [InlineData(5000, 3)]
    public void Finds_what_a_full_search_finds(int count, int k)
    {
        // Coordinates on a coarse grid: many equal distances and coinciding points.
        float[] positions = new float[3 * count];
        uint state = 1;
        for (int i = 0; i < positions.Length; i++) positions[i] = (state = state * 1664525 + 1013904223) >> 28;

        int[] found = new NearestNeighbours(positions).FindAll(k);

        for (int p = 0; p < count; p += Math.Max(1, count / 100))
        {
            int[] expected = [.. Enumerable.Range(0, count).Where(q => q != p).OrderBy(q => Distance(p, q)).ThenBy(q => q).Take(k), .. Enumerable.Repeat(-1, k)];
            Assert.Equal(expected[..k], found[(p * k)..((p + 1) * k)]);
        }

        float Distance(int a, int b)
        {
            float dx = positions[3 * a] - positions[3 * b], dy = positions[3 * a + 1] - positions[3 * b + 1], dz = positions[3 * a + 2] - positions[3 * b + 2];
            return dx * dx + dy * dy + dz * dz;
        }
    }

    [Fact]
    public void Reaches_a_point_far_from_all_others()
    {
        int[] found = new NearestNeighbours([0, 0, 0, 1, 0, 0, 1e6f, 0, 0]).FindAll(1);
        Assert.Equal([1, 0, 1], found);
    }
}
