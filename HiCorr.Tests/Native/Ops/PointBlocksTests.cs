using HiCorr.Native.Ops.Projection;

namespace HiCorr.Tests.Native.Ops;

public sealed class PointBlocksTests
{
    /// <summary>At the origin, looking along z, 90 degrees wide and high: at depth z it sees x and y from -z to z.</summary>
    private static readonly ViewPyramid s_view = new([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0], new Pinhole(50, 50, 49.5, 49.5, 100, 100));

    [Theory]
    [InlineData(0, 0, 2, true)]
    [InlineData(0, 0, -2, false)]
    [InlineData(1.9f, 0, 2, true)]
    [InlineData(2.1f, 0, 2, false)]
    [InlineData(-2.1f, 0, 2, false)]
    [InlineData(0, 2.1f, 2, false)]
    [InlineData(0, -2.1f, 2, false)]
    [InlineData(0, -1.9f, 2, true)]
    [InlineData(float.NaN, 0, -2, true)]
    public void A_block_of_one_point_may_be_seen_where_the_point_is(float x, float y, float z, bool seen) =>
        Assert.Equal(seen, new PointBlocks([x, y, z]).MayBeIn(s_view, 0));

    [Fact]
    public void A_block_around_the_view_may_be_seen_though_none_of_its_corners_is() =>
        Assert.True(new PointBlocks([-9, -9, 1, 9, 9, 1]).MayBeIn(s_view, 0));

    [Fact]
    public void Every_block_has_the_box_of_its_own_points()
    {
        float[] positions = new float[3 * (2 * PointBlocks.Size + 1)];
        for (int i = 2; i < positions.Length; i += 3) positions[i] = -1; // behind the camera
        positions[3 * PointBlocks.Size + 2] = 1;
        positions[^1] = 1;
        var blocks = new PointBlocks(positions);

        Assert.Equal([false, true, true], Enumerable.Range(0, 3).Select(block => blocks.MayBeIn(s_view, block)));
    }
}
