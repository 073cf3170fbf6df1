using System.Numerics;
using HiCorr.Pipeline.Datasets.Rooms.Furniture;
using HiCorr.Pipeline.Datasets.Rooms.Rendering;

namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>One object against a wall or in a corner of an otherwise plain room, and cameras that frame it.</summary>
internal sealed class Stage
{
    private readonly byte _label;
    private readonly Vector3 _origin;
    private readonly bool _inCorner;
    private readonly Vector3[] _corners; // of the quads to be framed

    private Stage(Room room, byte label, string name, Vector3 origin, bool inCorner)
    {
        Room = room;
        Name = name;
        _label = label;
        _origin = origin;
        _inCorner = inCorner;
        // Sinks sit in counters and vanities; everything else is framed with all that belongs to it.
        IEnumerable<Quad> framed = room.Quads.Where(q => q.Object == 1 && (label != RoomsClass.Sink || q.Label == label));
        _corners = [.. framed.SelectMany(q => (Vector3[])[q.P0, q.P1, q.P2, q.P3])];
    }

    public Room Room { get; }

    public string Name { get; }

    public static Stage Set(byte label, RoomRandom random)
    {
        var room = new Room(new Vector3(random.Range(4f, 7f), random.Range(5f, 8f), random.Range(2.4f, 2.8f)), random);
        if (label is RoomsClass.Wall or RoomsClass.Floor) return new Stage(room, label, RoomsClass.Names[label], room.Size / 2, inCorner: false);
        float width = random.Range(0.7f, 1.5f), height = random.Range(0.85f, 1.3f), sill = random.Range(0.8f, 1f);
        Shape shape = label switch
        {
            RoomsClass.Window => WallThings.Window(random, width, height, sill),
            RoomsClass.Curtain => WallThings.Curtain(random, width, sill + height + 0.1f, random.Chance(0.5f) ? random.Range(0.03f, 0.12f) : sill - 0.15f),
            RoomsClass.ShowerCurtain => Sanitary.ShowerCurtain(random, random.Range(1f, 1.8f)),
            _ => Make(label, random),
        };
        (Vector3 low, Vector3 high) = shape.Bounds();
        float lift = label == RoomsClass.Picture ? random.Range(1.1f, 1.5f) : 0;
        bool corner = random.Chance(0.3f);
        float x = corner ? 0.03f - low.X : MathF.Max(-low.X + 0.05f, room.Size.X / 2), y = OffWall(label, random) - low.Y;
        var origin = new Vector3(x, y, lift);
        room.Add(shape, origin, IsWallThing(label) || label == RoomsClass.ShowerCurtain ? 0 : random.Range(-0.06f, 0.06f));
        if (label == RoomsClass.Curtain && random.Chance(0.6f)) room.Add(WallThings.Window(random, width, height, sill), origin, 0);
        if (label == RoomsClass.ShowerCurtain && random.Chance(0.5f)) room.Add(Sanitary.Bathtub(random), origin with { Y = 0.01f }, 0);
        return new Stage(room, label, shape.Name, origin, corner);
    }

    private static Shape Make(byte label, RoomRandom random) => label switch
    {
        RoomsClass.Cabinet => random.Chance(0.25f) ? Cabinetry.Nightstand(random) : Cabinetry.Cabinet(random),
        RoomsClass.Bed => Seating.Bed(random),
        RoomsClass.Chair => Seating.Chair(random),
        RoomsClass.Sofa => Seating.Sofa(random),
        RoomsClass.Table => Tables.Table(random),
        RoomsClass.Door => WallThings.Door(random),
        RoomsClass.Bookshelf => Cabinetry.Bookshelf(random),
        RoomsClass.Picture => WallThings.Picture(random),
        RoomsClass.Counter => Sanitary.Counter(random, random.Chance(0.3f)),
        RoomsClass.Desk => Tables.Desk(random),
        RoomsClass.Refrigerator => Cabinetry.Refrigerator(random),
        RoomsClass.Toilet => Sanitary.Toilet(random),
        RoomsClass.Sink => random.Chance(0.3f) ? Sanitary.Counter(random, withSink: true) : Sanitary.Sink(random),
        RoomsClass.Bathtub => Sanitary.Bathtub(random),
        RoomsClass.OtherFurniture => OtherThings.Other(random),
        _ => throw new ArgumentOutOfRangeException(nameof(label), label, "not a class that stands alone"),
    };

    private static bool IsWallThing(byte label) => label is RoomsClass.Door or RoomsClass.Window or RoomsClass.Picture or RoomsClass.Curtain;

    /// <summary>Chairs, tables and the like also stand away from walls.</summary>
    private static float OffWall(byte label, RoomRandom random) => label switch
    {
        RoomsClass.Door or RoomsClass.Window or RoomsClass.Picture or RoomsClass.Curtain => 0,
        RoomsClass.ShowerCurtain => random.Range(0.7f, 0.95f),
        RoomsClass.Chair or RoomsClass.Table or RoomsClass.Sofa or RoomsClass.OtherFurniture when random.Chance(0.6f) => random.Range(0.3f, 1.5f),
        _ => 0.02f,
    };

    /// <summary>The object fills 40 to 110 % of the frame.</summary>
    public Camera Portrait(int size, RoomRandom random)
    {
        if (_corners.Length == 0) return OfShell(size, random, near: false);
        (Vector3 low, Vector3 high) = Bounds();
        return Framed((low + high) / 2 + random.InCube(0.08f) * (high - low).Length(), random.Range(0.4f, 1.1f), size, random);
    }

    /// <summary>A part of the object fills the frame.</summary>
    public Camera CloseUp(int size, RoomRandom random)
    {
        if (_corners.Length == 0) return OfShell(size, random, near: true);
        return Framed(_corners[random.Int(_corners.Length)], random.Range(1.3f, 2.4f), size, random);
    }

    private Camera Framed(Vector3 target, float fill, int size, RoomRandom random)
    {
        float fieldOfView = random.Range(0.7f, 1.15f), azimuth = random.Range(-0.95f, 0.95f);
        // Off the wall, an object may also be seen from its side or back.
        if (_origin.Y > 0.5f && random.Chance(0.4f)) azimuth = random.Range(-MathF.PI, MathF.PI);
        // From the far side of the corner's wall one would see the room from outside.
        if (_inCorner) azimuth = MathF.Abs(azimuth);
        float elevation = IsWallThing(_label) || _label == RoomsClass.ShowerCurtain ? random.Range(-0.15f, 0.3f) : random.Range(0.12f, 0.75f);
        if (_label is RoomsClass.Sink or RoomsClass.Bathtub) elevation = random.Range(0.35f, 0.9f);
        (float sin, float cos) = MathF.SinCos(azimuth);
        Vector3 way = new Vector3(sin * MathF.Cos(elevation), cos * MathF.Cos(elevation), MathF.Sin(elevation));
        float distance = 2, roll = random.Range(-0.06f, 0.06f);
        Camera camera = default;
        for (int i = 0; i < 5; i++)
        {
            Vector3 eye = target + way * distance;
            camera = Camera.LookAt(eye with { Z = Math.Clamp(eye.Z, 0.25f, Room.Size.Z - 0.1f) }, target, size, size, fieldOfView, roll);
            distance = Math.Clamp(distance * Extent(camera) / fill, 0.3f, 6);
        }
        return camera;
    }

    /// <summary>Larger side of the object's image as a share of the frame.</summary>
    private float Extent(in Camera camera)
    {
        Vector2 low = new(float.MaxValue), high = new(float.MinValue);
        foreach (Vector3 corner in _corners)
        {
            Vector3 p = camera.ToCamera(corner);
            var at = new Vector2(p.X, p.Y) / MathF.Max(0.15f, p.Z);
            low = Vector2.Min(low, at);
            high = Vector2.Max(high, at);
        }
        return MathF.Max(high.X - low.X, high.Y - low.Y) * camera.Focal / camera.Width;
    }

    private Camera OfShell(int size, RoomRandom random, bool near)
    {
        Vector3 eye = new(Room.Size.X * random.Range(0.3f, 0.7f), Room.Size.Y * random.Range(0.3f, 0.7f), random.Range(1f, 1.8f));
        float angle = random.Range(0, MathF.Tau), reach = near ? random.Range(0.1f, 0.8f) : random.Range(0.5f, 2f);
        var level = new Vector3(MathF.Cos(angle), MathF.Sin(angle), 0);
        Vector3 target = _label == RoomsClass.Floor ? eye with { Z = 0 } + level * reach : eye + level + new Vector3(0, 0, random.Range(-0.2f, 0.2f));
        return Camera.LookAt(eye, target, size, size, random.Range(0.6f, 1.15f), random.Range(-0.06f, 0.06f));
    }

    private (Vector3 Low, Vector3 High) Bounds()
    {
        Vector3 low = _corners[0], high = _corners[0];
        foreach (Vector3 corner in _corners) (low, high) = (Vector3.Min(low, corner), Vector3.Max(high, corner));
        return (low, high);
    }
}
