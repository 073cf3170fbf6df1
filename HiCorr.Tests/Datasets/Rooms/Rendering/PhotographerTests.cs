using System.Numerics;
using HiCorr.Pipeline.Datasets.Rooms;
using HiCorr.Pipeline.Datasets.Rooms.Rendering;

namespace HiCorr.Tests.Datasets.Rooms.Rendering;

public sealed class PhotographerTests
{
    [Fact]
    public void Measures_less_exactly_when_farther_away()
    {
        (double nearMean, double nearSpread) = Measure(1);
        (double farMean, double farSpread) = Measure(4);
        Assert.Equal(1000, nearMean, 3.0);
        Assert.Equal(4000, farMean, 12.0);
        Assert.InRange(nearSpread, 0.5, 5);
        Assert.InRange(farSpread, 3 * nearSpread, 60);
    }

    [Fact]
    public void Measures_nothing_when_the_wall_is_beyond_reach()
    {
        (Photographer photographer, Camera camera) = FacingWall(4);
        Assert.All(photographer.Depth(camera, new RoomRandom(5), farthest: 3).Millimetres, d => Assert.Equal(0, d));
    }

    [Fact]
    public void Brightens_when_exposed_longer()
    {
        (Photographer photographer, Camera camera) = FacingWall(2);
        double dark = photographer.Color(camera, 0.5f, new RoomRandom(5)).Pixels.Average(p => (double)p);
        double bright = photographer.Color(camera, 1f, new RoomRandom(5)).Pixels.Average(p => (double)p);
        Assert.True(bright > 1.5 * dark, $"{dark} and {bright}");
    }

    private static (double Mean, double Spread) Measure(float distance)
    {
        (Photographer photographer, Camera camera) = FacingWall(distance);
        double[] depth = [.. photographer.Depth(camera, new RoomRandom(5)).Millimetres.Where(d => d > 0).Select(d => (double)d)];
        Assert.True(depth.Length > 1000);
        double mean = depth.Average();
        return (mean, Math.Sqrt(depth.Average(d => (d - mean) * (d - mean))));
    }

    /// <summary>A camera straight before the wall y = 0 of an empty room.</summary>
    private static (Photographer Photographer, Camera Camera) FacingWall(float distance)
    {
        var room = new Room(new Vector3(5, 6, 5), new RoomRandom(2));
        var photographer = new Photographer(room, new Lighting(new RoomRandom(3), room.Size), 48, 36);
        Camera camera = Camera.LookAt(new Vector3(2.5f, distance, 2.5f), new Vector3(2.5f, 0, 2.5f), 48, 36, 0.5f);
        photographer.Look(camera);
        return (photographer, camera);
    }
}
