using System.Numerics;
using HiCorr.Pipeline.Datasets.Rooms;
using HiCorr.Pipeline.Datasets.Rooms.Rendering;

namespace HiCorr.Tests.Datasets.Rooms.Rendering;

public sealed class RasterizerTests
{
    private static readonly Camera Ahead = Camera.LookAt(Vector3.Zero, Vector3.UnitY, 32, 24, 1f);

    [Fact]
    public void Gives_the_planes_depth_when_one_stands_across()
    {
        var raster = new Raster(32, 24, 2);
        Rasterizer.Draw([Wall(2, 5)], Ahead, raster);
        Assert.All(raster.InverseDepth, inverse => Assert.Equal(0.5f, inverse, 1e-5f));
    }

    [Fact]
    public void Gives_the_depth_at_each_pixel_when_the_plane_is_slanted()
    {
        var shape = new Shape(0);
        // y = 3 + x, seen along +y.
        shape.Flat(new(-4, -1, -4), new(4, 7, -4), new(4, 7, 4), new(-4, -1, 4), Material.Of(Substance.Print, new RoomRandom(1)), twoSided: true);
        var raster = new Raster(32, 24, 1);
        Rasterizer.Draw([.. shape.Quads], Ahead, raster);
        for (int x = 0; x < 32; x++)
        {
            float slope = (x - Ahead.Cx) / Ahead.Focal, expected = 3 / (1 - slope);
            Assert.Equal(expected, 1 / raster.InverseDepth[12 * 32 + x], expected * 1e-4f);
        }
    }

    [Fact]
    public void Shows_the_nearer_one_whatever_the_order()
    {
        var raster = new Raster(32, 24, 1);
        Rasterizer.Draw([Wall(3, 9), Wall(2, 9)], Ahead, raster);
        Assert.All(raster.Triangle, triangle => Assert.Equal(1, triangle >> 1));
        Rasterizer.Draw([Wall(2, 9), Wall(3, 9)], Ahead, raster);
        Assert.All(raster.Triangle, triangle => Assert.Equal(0, triangle >> 1));
    }

    [Fact]
    public void Leaves_out_back_faces_and_what_lies_behind()
    {
        Quad away = Wall(2, 5);
        away = away with { Flat = -away.Flat };
        var raster = new Raster(32, 24, 1);
        Rasterizer.Draw([away, Wall(-2, 5)], Ahead, raster);
        Assert.All(raster.Triangle, triangle => Assert.Equal(-1, triangle));
    }

    [Fact]
    public void Draws_the_part_in_front_when_a_floor_reaches_behind_the_camera()
    {
        var shape = new Shape(0);
        shape.Flat(new(-9, -9, -1), new(9, -9, -1), new(9, 9, -1), new(-9, 9, -1), Material.Of(Substance.Print, new RoomRandom(1)));
        var raster = new Raster(32, 24, 1);
        Rasterizer.Draw([.. shape.Quads], Ahead, raster);
        Assert.True(raster.Triangle[23 * 32 + 16] >= 0);
        Assert.Equal(-1, raster.Triangle[16]);
        float slope = (23 - Ahead.Cy) / Ahead.Focal;
        Assert.Equal(slope, raster.InverseDepth[23 * 32 + 16], 1e-4f);
    }

    /// <summary>A square that looks back at the origin from y = <paramref name="distance"/>.</summary>
    private static Quad Wall(float distance, float half)
    {
        var shape = new Shape(0);
        shape.Flat(new(-half, distance, -half), new(half, distance, -half), new(half, distance, half), new(-half, distance, half), Material.Of(Substance.Print, new RoomRandom(1)));
        return shape.Quads[0];
    }
}
