using System.Numerics;
using HiCorr.Pipeline.Datasets.Rooms.Furniture;

namespace HiCorr.Pipeline.Datasets.Rooms.Layout;

/// <summary>Places furniture so that nothing interpenetrates, doors stay free and wall things hang on walls.</summary>
internal sealed class Furnisher(Room room, RoomRandom random, float clutter)
{
    private const int Tries = 60;
    private readonly List<Footprint> _taken = [];

    /// <summary>Places one thing of a class, with what belongs to it (chairs at tables, curtains at windows); false where no room is left.</summary>
    public bool Place(byte label)
    {
        switch (label)
        {
            case RoomsClass.Door:
                return Door();
            case RoomsClass.Window:
                return Window(withCurtain: false);
            case RoomsClass.Curtain:
                return Window(withCurtain: true);
            case RoomsClass.Bathtub:
                return Bathtub(withCurtain: false);
            case RoomsClass.ShowerCurtain:
                return Bathtub(withCurtain: true);
            case RoomsClass.Picture:
                return AtWall(() => WallThings.Picture(random), 0, height: shape => random.Range(1.2f, MathF.Max(1.25f, MathF.Min(1.6f, room.Size.Z - 0.1f - shape.Bounds().High.Z))));
            case RoomsClass.Table:
                return Table();
            case RoomsClass.Desk:
                return Desk();
            case RoomsClass.Counter:
                return Counter(random.Chance(0.35f));
            case RoomsClass.Sink:
                return random.Chance(0.4f) ? Counter(withSink: true) : AtWall(() => Sanitary.Sink(random), 0.005f);
            case RoomsClass.Chair:
                return Free(() => Seating.Chair(random));
            case RoomsClass.OtherFurniture:
                return random.Chance(0.7f) ? AtWall(() => OtherThings.Other(random), 0.05f) : Free(() => OtherThings.Other(random));
            case RoomsClass.Sofa:
                return random.Chance(0.8f) ? AtWall(() => Seating.Sofa(random), 0.03f) : Free(() => Seating.Sofa(random));
            case RoomsClass.Bed:
                return Bed();
            case RoomsClass.Cabinet:
                return AtWall(() => Cabinetry.Cabinet(random), 0.02f);
            case RoomsClass.Bookshelf:
                return AtWall(() => Cabinetry.Bookshelf(random), 0.02f);
            case RoomsClass.Refrigerator:
                return AtWall(() => Cabinetry.Refrigerator(random), 0.04f);
            case RoomsClass.Toilet:
                return AtWall(() => Sanitary.Toilet(random), 0.01f);
            default:
                throw new ArgumentOutOfRangeException(nameof(label), label, "not a class that is placed");
        }
    }

    private bool Door()
    {
        if (!AtWall(() => WallThings.Door(random), 0)) return false;
        Footprint door = _taken[^1];
        PlacedObject placed = room.Objects[^1];
        // Nothing may stand where one walks in.
        _taken.Add(door with { Centre = door.Centre + placed.Front * 0.4f, Half = new Vector2(door.Half.X, 0.42f), Low = 0.01f });
        return true;
    }

    private bool Window(bool withCurtain)
    {
        float width = random.Range(0.7f, 1.5f), height = random.Range(0.85f, 1.35f), sill = random.Range(0.8f, 1f);
        height = MathF.Min(height, room.Size.Z - 0.25f - sill);
        Shape window = WallThings.Window(random, width, height, sill);
        if (!withCurtain) return AtWall(() => window, 0);
        Shape curtain = WallThings.Curtain(random, width, sill + height + random.Range(0.06f, 0.15f), random.Chance(0.5f) ? random.Range(0.03f, 0.12f) : sill - random.Range(0.1f, 0.2f));
        (Vector3 low, Vector3 high) = curtain.Bounds();
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            if (!WallSpot((low with { Y = 0 }, high), 0, out Vector3 origin, out float yaw)) continue;
            if (Blocked(Footprint.Of((low with { Y = 0 }, high), origin, yaw)) || Blocked(Footprint.Of(window.Bounds(), origin, yaw))) continue;
            Put(window, origin, yaw);
            Put(curtain, origin, yaw);
            return true;
        }
        return false;
    }

    private bool Bathtub(bool withCurtain)
    {
        Shape tub = Sanitary.Bathtub(random);
        if (!AtWall(() => tub, 0.005f)) return false;
        PlacedObject placed = room.Objects[^1];
        if (!withCurtain) return true;
        (Vector3 low, Vector3 high) = tub.Bounds();
        Shape curtain = Sanitary.ShowerCurtain(random, high.X - low.X + 0.1f);
        var origin = new Vector3(placed.Footprint.Centre + placed.Front * (placed.Footprint.Half.Y + 0.07f), 0);
        // The rod may touch the wall beside the tub, so only other furniture counts.
        if (Blocked(Footprint.Of(curtain.Bounds(), origin, placed.Footprint.Yaw))) return false;
        Put(curtain, origin, placed.Footprint.Yaw);
        return true;
    }

    private bool Bed()
    {
        if (!AtWall(() => Seating.Bed(random), 0.02f)) return false;
        PlacedObject bed = room.Objects[^1];
        for (int side = -1; side <= 1; side += 2)
        {
            if (!random.Chance(0.65f)) continue;
            Shape stand = Cabinetry.Nightstand(random);
            float reach = bed.Footprint.Half.X + stand.Bounds().High.X + random.Range(0.04f, 0.12f);
            Vector2 at = bed.Footprint.Centre - bed.Front * (bed.Footprint.Half.Y - 0.005f) + bed.Footprint.Along * (side * reach);
            if (!TryPut(stand, new Vector3(at, 0), bed.Footprint.Yaw)) continue;
            if (random.Chance(0.6f)) OnTop(stand, new Vector3(at, 0), bed.Footprint.Yaw, OtherThings.TableLamp(random));
        }
        return true;
    }

    private bool Table()
    {
        bool wall = random.Chance(0.25f);
        if (!(wall ? AtWall(() => Tables.Table(random), 0.02f) : Free(() => Tables.Table(random)))) return false;
        PlacedObject table = room.Objects[^1];
        if (table.Footprint.High < 0.6f) return true;
        int chairs = 1 + random.Int(4);
        for (int i = 0; i < chairs; i++) ChairAt(table, i < 2 ? i * 2 : 2 * i - 3);
        return true;
    }

    private bool Desk()
    {
        if (!AtWall(() => Tables.Desk(random), 0.02f)) return false;
        PlacedObject desk = room.Objects[^1];
        if (random.Chance(0.85f)) ChairAt(desk, 0);
        return true;
    }

    /// <summary>A chair at one of four sides (0 = front), looking at the piece.</summary>
    private void ChairAt(PlacedObject piece, int side)
    {
        Shape chair = Seating.Chair(random);
        (_, Vector3 high) = chair.Bounds();
        Footprint f = piece.Footprint;
        float turn = f.Yaw + side * MathF.PI / 2;
        var away = new Vector2(-MathF.Sin(turn), MathF.Cos(turn));
        float reach = (side % 2 == 0 ? f.Half.Y : f.Half.X) + high.Y + random.Range(0.03f, 0.22f);
        Vector2 at = f.Centre + away * reach + new Vector2(away.Y, -away.X) * random.Range(-0.1f, 0.1f);
        TryPut(chair, new Vector3(at, 0), turn + MathF.PI + random.Range(-0.35f, 0.35f));
    }

    private bool Counter(bool withSink)
    {
        if (!AtWall(() => Sanitary.Counter(random, withSink), 0.005f)) return false;
        PlacedObject counter = room.Objects[^1];
        if (counter.Footprint.High > 1.2f || !random.Chance(0.7f)) return true;
        Shape above = Cabinetry.WallCabinet(random);
        Vector2 at = counter.Footprint.Centre - counter.Front * (counter.Footprint.Half.Y - 0.001f);
        TryPut(above, new Vector3(at, random.Range(1.38f, 1.5f)), counter.Footprint.Yaw);
        return true;
    }

    private bool AtWall(Func<Shape> make, float gap, Func<Shape, float>? height = null)
    {
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            // A smaller variant may fit where this one does not.
            Shape shape = make();
            float z = height?.Invoke(shape) ?? 0;
            for (int spot = 0; spot < 4; spot++)
                if (WallSpot(shape.Bounds(), gap, out Vector3 origin, out float yaw) && TryPut(shape, origin with { Z = z }, yaw)) return true;
        }
        return false;
    }

    private bool WallSpot((Vector3 Low, Vector3 High) bounds, float gap, out Vector3 origin, out float yaw)
    {
        int wall = random.Int(4);
        float length = wall % 2 == 0 ? room.Size.X : room.Size.Y, width = bounds.High.X - bounds.Low.X;
        float t = random.Range(-bounds.Low.X, length - bounds.High.X), y = gap - bounds.Low.Y;
        if (random.Chance(0.3f)) t = random.Chance(0.5f) ? 0.02f - bounds.Low.X : length - bounds.High.X - 0.02f;
        yaw = wall * MathF.PI / 2;
        origin = wall switch
        {
            0 => new Vector3(t, y, 0),
            1 => new Vector3(room.Size.X - y, t, 0),
            2 => new Vector3(room.Size.X - t, room.Size.Y - y, 0),
            _ => new Vector3(y, room.Size.Y - t, 0),
        };
        return width < length - 0.04f;
    }

    private bool Free(Func<Shape> make)
    {
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            Shape shape = make();
            float yaw = random.Int(4) * MathF.PI / 2 + (random.Chance(0.5f) ? random.Range(-0.5f, 0.5f) : 0);
            var origin = new Vector3(random.Range(0.2f, room.Size.X - 0.2f), random.Range(0.2f, room.Size.Y - 0.2f), 0);
            if (TryPut(shape, origin, yaw, margin: 0.12f)) return true;
        }
        return false;
    }

    private bool TryPut(Shape shape, Vector3 origin, float yaw, float margin = 0)
    {
        if (Blocked(Footprint.Of(shape.Bounds(), origin, yaw), margin)) return false;
        Put(shape, origin, yaw);
        if (shape.Class == RoomsClass.Desk && random.Chance(0.6f)) OnTop(shape, origin, yaw, OtherThings.Monitor(random));
        foreach ((Vector3 low, Vector3 high) in shape.Tops)
        {
            int count = (int)(clutter * 4 * random.Unit() * MathF.Min(1.5f, (high.X - low.X) * (high.Y - low.Y) * 2) + random.Unit());
            for (int i = 0; i < count; i++) OnTop(shape, origin, yaw, OtherThings.Clutter(random));
        }
        return true;
    }

    private void OnTop(Shape below, Vector3 origin, float yaw, Shape thing)
    {
        if (below.Tops.Count == 0) return;
        (Vector3 low, Vector3 high) = below.Tops[0];
        (Vector3 thingLow, Vector3 thingHigh) = thing.Bounds();
        if (thingHigh.X - thingLow.X > high.X - low.X || thingHigh.Y - thingLow.Y > high.Y - low.Y) return;
        for (int attempt = 0; attempt < 6; attempt++)
        {
            var local = new Vector3(random.Range(low.X - thingLow.X, high.X - thingHigh.X), random.Range(low.Y - thingLow.Y, high.Y - thingHigh.Y), 0);
            Vector3 place = origin + Vector3.TransformNormal(local, Matrix4x4.CreateRotationZ(yaw)) + new Vector3(0, 0, low.Z + 0.001f);
            if (Blocked(Footprint.Of(thing.Bounds(), place, yaw))) continue;
            Put(thing, place, yaw);
            return;
        }
    }

    private bool Blocked(in Footprint footprint, float margin = 0)
    {
        if (!footprint.Inside(room.Size.X, room.Size.Y) || footprint.High > room.Size.Z - 0.02f) return true;
        foreach (Footprint other in _taken) if (footprint.Overlaps(other, margin + 0.015f)) return true;
        return false;
    }

    private void Put(Shape shape, Vector3 origin, float yaw)
    {
        room.Add(shape, origin, yaw);
        _taken.Add(room.Objects[^1].Footprint);
    }
}
