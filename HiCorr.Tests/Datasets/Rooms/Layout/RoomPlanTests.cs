using System.Numerics;
using HiCorr.Pipeline.Datasets.Rooms;
using HiCorr.Pipeline.Datasets.Rooms.Layout;

namespace HiCorr.Tests.Datasets.Rooms.Layout;

public sealed class RoomPlanTests
{
    public static TheoryData<int> Kinds => [.. Enumerable.Range(0, 6)];

    [Fact]
    public void Covers_all_classes_with_what_the_first_four_kinds_require()
    {
        // Walls and floors come by themselves; bathtubs come with shower curtains, windows with curtains, chairs with tables.
        var required = new HashSet<byte> { RoomsClass.Wall, RoomsClass.Floor, RoomsClass.Bathtub };
        for (int kind = 0; kind < 4; kind++) required.UnionWith(RoomPlan.Required((RoomKind)kind));
        Assert.Equal(RoomsClass.Count, required.Count);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Furnishes_without_things_that_interpenetrate(int kind)
    {
        for (int seed = 0; seed < 8; seed++)
        {
            Room room = RoomPlan.Furnish((RoomKind)kind, new RoomRandom(seed), 1, 10);
            for (int i = 0; i < room.Objects.Count; i++)
                for (int k = 0; k < i; k++)
                {
                    PlacedObject a = room.Objects[i], b = room.Objects[k];
                    // A curtain's rod is fixed beside the window that it covers.
                    if ((a.Class, b.Class) == (RoomsClass.Curtain, RoomsClass.Window)) continue;
                    Assert.False(a.Footprint.Overlaps(b.Footprint), $"seed {seed}: {a.Name} {a.Footprint} and {b.Name} {b.Footprint}");
                }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Keeps_the_way_through_doors_free(int kind)
    {
        for (int seed = 0; seed < 8; seed++)
        {
            Room room = RoomPlan.Furnish((RoomKind)kind, new RoomRandom(seed), 0, 10);
            PlacedObject door = room.Objects.First(thing => thing.Class == RoomsClass.Door);
            for (float far = 0.15f; far < 0.7f; far += 0.1f)
            {
                Vector2 at = door.Footprint.Centre + door.Front * far;
                Assert.DoesNotContain(room.Objects, thing => thing != door && thing.Footprint.Low < 1.9f && thing.Footprint.Contains(at, 0.1f));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Keeps_everything_inside_the_room(int kind)
    {
        Room room = RoomPlan.Furnish((RoomKind)kind, new RoomRandom(5), 1, 10);
        // Legs that stand at a slant cut into the floor by their radius times its sine: most of all a coat rack's, 14 mm thick, 0.23 m out and 0.25 m up.
        const float Slack = 0.014f * 0.677f;
        foreach (Quad quad in room.Quads)
            foreach (Vector3 p in (Vector3[])[quad.P0, quad.P1, quad.P2, quad.P3])
                Assert.True(Vector3.Min(p, room.Size - p).X > -Slack && Vector3.Min(p, room.Size - p).Y > -Slack && Vector3.Min(p, room.Size - p).Z > -Slack, $"{quad.Label} at {p}");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Stands_the_camera_clear_of_tall_things(int kind)
    {
        Room room = RoomPlan.Furnish((RoomKind)kind, new RoomRandom(9), 0.5f, 5);
        foreach (var camera in CameraPath.Walk(room, new RoomRandom(4), 40, 32, 24))
        {
            Assert.InRange(camera.Eye.Z, 1.2f, 1.8f);
            var at = new Vector2(camera.Eye.X, camera.Eye.Y);
            Assert.DoesNotContain(room.Objects, thing => thing.Footprint.Contains(at, 0) && thing.Footprint.Low < camera.Eye.Z && thing.Footprint.High > camera.Eye.Z);
        }
    }
}
