using System.Numerics;

namespace HiCorr.Pipeline.Datasets.Rooms.Furniture;

/// <summary>Cabinets, bookshelves and refrigerators, their fronts at +y.</summary>
internal static class Cabinetry
{
    public static Shape Cabinet(RoomRandom random)
    {
        float kind = random.Unit();
        if (kind < 0.3f) return Drawers(random, random.Range(0.7f, 1.3f), random.Range(0.75f, 1.1f), 1 + random.Int(2));
        if (kind < 0.65f) return Doors(random, random.Range(0.8f, 1.6f), random.Range(0.7f, 1.1f), random.Range(0.38f, 0.5f));
        return Doors(random, random.Range(0.8f, 1.7f), random.Range(1.75f, 2.1f), random.Range(0.45f, 0.62f));
    }

    public static Shape Nightstand(RoomRandom random) => Drawers(random, random.Range(0.38f, 0.52f), random.Range(0.42f, 0.6f), 1);

    /// <summary>A kitchen cabinet for the wall above a counter; its lower edge is at z = 0 of its own frame.</summary>
    public static Shape WallCabinet(RoomRandom random) => Doors(random, random.Range(0.8f, 1.8f), random.Range(0.5f, 0.7f), random.Range(0.3f, 0.36f), foot: 0);

    private static Shape Drawers(RoomRandom random, float w, float h, int columns)
    {
        var shape = new Shape(RoomsClass.Cabinet);
        Material body = Material.Of(Substance.Wood, random), front = random.Chance(0.5f) ? body : Material.Of(Substance.Wood, random), knob = Material.Of(Substance.Metal, random);
        float d = random.Range(0.38f, 0.5f), foot = random.Range(0.02f, 0.12f);
        Carcass(shape, body, w, d, h, foot);
        int rows = Math.Max(1, (int)MathF.Round((h - foot) / random.Range(0.2f, 0.28f)));
        for (int c = 0; c < columns; c++)
            for (int r = 0; r < rows; r++)
                Front(shape, front, knob, -w / 2 + w * c / columns, -w / 2 + w * (c + 1) / columns, foot + (h - 0.03f - foot) * r / rows,
                    foot + (h - 0.03f - foot) * (r + 1) / rows, d, drawer: true, handleRight: false);
        shape.Tops.Add((new(-w / 2, 0, h), new(w / 2, d, h)));
        return shape;
    }

    private static Shape Doors(RoomRandom random, float w, float h, float d, float? foot = null)
    {
        var shape = new Shape(RoomsClass.Cabinet);
        Material body = Material.Of(Substance.Wood, random), front = random.Chance(0.5f) ? body : Material.Of(Substance.Wood, random), knob = Material.Of(Substance.Metal, random);
        float bottom = foot ?? random.Range(0.02f, 0.12f);
        Carcass(shape, body, w, d, h, bottom);
        DoorRow(shape, front, knob, w, bottom, h - 0.03f, d, random.Chance(0.35f) && h > 1.5f);
        if (h < 1.2f) shape.Tops.Add((new(-w / 2, 0, h), new(w / 2, d, h)));
        return shape;
    }

    public static void DoorRow(Shape shape, Material front, Material knob, float w, float z0, float z1, float d, bool drawerBelow)
    {
        int columns = Math.Max(1, (int)MathF.Round(w / 0.48f));
        float split = drawerBelow ? z0 + (z1 - z0) * 0.22f : z0;
        for (int c = 0; c < columns; c++)
        {
            float x0 = -w / 2 + w * c / columns, x1 = -w / 2 + w * (c + 1) / columns;
            if (drawerBelow) Front(shape, front, knob, x0, x1, z0, split, d, drawer: true, handleRight: false);
            Front(shape, front, knob, x0, x1, split, z1, d, drawer: false, handleRight: c % 2 == 0);
        }
    }

    private static void Carcass(Shape shape, Material body, float w, float d, float h, float foot)
    {
        shape.Box(-w / 2, 0, foot, w / 2, d, h, body);
        if (foot > 0.03f)
            foreach (float x in (ReadOnlySpan<float>)[-w / 2 + 0.03f, w / 2 - 0.03f])
                foreach (float y in (ReadOnlySpan<float>)[0.03f, d - 0.03f]) shape.Box(x - 0.025f, y - 0.025f, 0, x + 0.025f, y + 0.025f, foot, body);
    }

    private static void Front(Shape shape, Material front, Material knob, float x0, float x1, float z0, float z1, float d, bool drawer, bool handleRight)
    {
        const float Gap = 0.012f;
        shape.Box(x0 + Gap, d, z0 + Gap, x1 - Gap, d + 0.02f, z1 - Gap, front);
        float xm = (x0 + x1) / 2, zm = (z0 + z1) / 2;
        if (drawer) shape.Box(xm - 0.06f, d + 0.02f, zm - 0.01f, xm + 0.06f, d + 0.045f, zm + 0.012f, knob);
        else
        {
            float x = handleRight ? x1 - 0.06f : x0 + 0.06f;
            shape.Box(x - 0.01f, d + 0.02f, zm - 0.07f, x + 0.01f, d + 0.045f, zm + 0.07f, knob);
        }
    }

    public static Shape Bookshelf(RoomRandom random)
    {
        var shape = new Shape(RoomsClass.Bookshelf);
        Material body = Material.Of(Substance.Wood, random), back = random.Chance(0.6f) ? body : Material.Of(Substance.Wood, random);
        bool low = random.Chance(0.25f);
        float w = low ? random.Range(0.9f, 1.5f) : random.Range(0.6f, 1.3f), d = random.Range(0.24f, 0.34f), h = low ? random.Range(0.75f, 1.1f) : random.Range(1.5f, 2.1f);
        const float T = 0.025f;
        shape.Box(-w / 2, 0, 0, -w / 2 + T, d, h, body);
        shape.Box(w / 2 - T, 0, 0, w / 2, d, h, body);
        if (random.Chance(0.8f)) shape.Box(-w / 2 + T, 0, 0.05f, w / 2 - T, 0.012f, h - T, back);
        int levels = Math.Max(2, (int)MathF.Round(h / random.Range(0.3f, 0.4f)));
        int columns = w > 1f ? 2 : 1;
        if (columns == 2) shape.Box(-T / 2, 0.012f, 0.05f, T / 2, d - 0.005f, h - T, body);
        for (int k = 0; k <= levels; k++)
        {
            float z = 0.05f + (h - T - 0.05f) * k / levels;
            shape.Box(-w / 2 + T, 0.01f, z, w / 2 - T, d - 0.004f, z + T, body);
            if (k == levels) break;
            float room = (h - T - 0.05f) / levels - T - 0.02f;
            for (int c = 0; c < columns; c++) Books(-w / 2 + T + c * w / columns, -w / 2 + (c + 1) * w / columns - T, z + T, room);
        }
        return shape;

        void Books(float x0, float x1, float z, float room)
        {
            if (random.Chance(0.12f)) return;
            float x = x0 + 0.01f, end = x0 + (x1 - x0) * random.Range(0.55f, 1f);
            var covers = new Material[4];
            for (int i = 0; i < covers.Length; i++) covers[i] = Material.Of(Substance.Print, random);
            while (true)
            {
                float thick = random.Range(0.02f, 0.055f), tall = room * random.Range(0.6f, 0.97f);
                if (x + thick > end) break;
                shape.Box(x, 0.03f, z, x + thick - 0.003f, d - random.Range(0.02f, 0.08f), z + tall, random.Pick<Material>(covers));
                x += thick;
            }
        }
    }

    public static Shape Refrigerator(RoomRandom random)
    {
        var shape = new Shape(RoomsClass.Refrigerator);
        Material body = Material.Of(Substance.Lacquer, random), door = random.Chance(0.7f) ? body : Material.Of(Substance.Lacquer, random), handle = Material.Of(Substance.Metal, random);
        int kind = random.Int(3);
        float w = kind == 2 ? random.Range(0.82f, 0.95f) : random.Range(0.56f, 0.74f), d = random.Range(0.58f, 0.68f), h = random.Range(1.5f, 1.85f);
        shape.Box(-w / 2, 0, 0.03f, w / 2, d, h, body);
        float split = kind == 0 ? h * random.Range(0.66f, 0.74f) : h * random.Range(0.34f, 0.42f);
        const float Door = 0.07f;
        if (kind == 2)
        {
            Panel(-w / 2, -0.008f, 0.07f, h);
            Panel(0.008f, w / 2, 0.07f, h);
            Handle(-0.05f, h * 0.45f, h * 0.85f);
            Handle(0.05f, h * 0.45f, h * 0.85f);
            if (random.Chance(0.5f)) shape.Box(-w * 0.38f, d + Door, h * 0.55f, -w * 0.16f, d + Door + 0.015f, h * 0.76f, handle);
        }
        else
        {
            Panel(-w / 2, w / 2, 0.07f, split - 0.008f);
            Panel(-w / 2, w / 2, split + 0.008f, h);
            float x = (random.Chance(0.5f) ? 1 : -1) * (w / 2 - 0.06f);
            Handle(x, split + 0.05f, Math.Min(h - 0.08f, split + 0.45f));
            Handle(x, Math.Max(0.2f, split - 0.5f), split - 0.05f);
        }
        return shape;

        void Panel(float x0, float x1, float z0, float z1) => shape.Cushion(x0, d - 0.01f, z0, x1, d + Door, z1, door, 0.1f);
        void Handle(float x, float z0, float z1)
        {
            float y = d + Door + 0.035f;
            shape.Tube(new(x, y, z0), new(x, y, z1), 0.013f, handle);
            shape.Tube(new(x, d + Door - 0.02f, z0 + 0.03f), new(x, y, z0 + 0.03f), 0.01f, handle, 6);
            shape.Tube(new(x, d + Door - 0.02f, z1 - 0.03f), new(x, y, z1 - 0.03f), 0.01f, handle, 6);
        }
    }
}
