using System.Numerics;

namespace HiCorr.Pipeline.Datasets.Rooms.Furniture;

/// <summary>Counters, sinks, toilets, bathtubs and shower curtains.</summary>
internal static class Sanitary
{
    /// <summary>A run of kitchen cabinets under a worktop, with a sink let in where asked for.</summary>
    public static Shape Counter(RoomRandom random, bool withSink)
    {
        var shape = new Shape(RoomsClass.Counter);
        Material top = Material.Of(Substance.Stone, random), body = Material.Of(Substance.Lacquer, random), knob = Material.Of(Substance.Metal, random), basin = Material.Of(Substance.Ceramic, random);
        float w = random.Range(1.3f, 2.4f), d = random.Range(0.58f, 0.66f), h = random.Range(0.86f, 0.95f), t = random.Range(0.035f, 0.07f);
        if (!withSink && random.Chance(0.25f))
        {
            Bar(shape, random, top, body, w, h, t);
            return shape;
        }
        shape.Label = RoomsClass.Cabinet;
        shape.Box(-w / 2, 0, 0.09f, w / 2, d - 0.05f, h - t, body);
        shape.Box(-w / 2, 0, 0, w / 2, d - 0.1f, 0.09f, body);
        Cabinetry.DoorRow(shape, body, knob, w, 0.09f, h - t, d - 0.05f, drawerBelow: false);
        shape.Label = RoomsClass.Counter;
        if (withSink)
        {
            float sw = random.Range(0.48f, 0.62f), x = random.Range(-w / 2 + sw / 2 + 0.12f, w / 2 - sw / 2 - 0.12f), y0 = 0.12f, y1 = d - 0.1f;
            shape.Box(-w / 2, 0, h - t, x - sw / 2, d, h, top);
            shape.Box(x + sw / 2, 0, h - t, w / 2, d, h, top);
            shape.Box(x - sw / 2, 0, h - t, x + sw / 2, y0, h, top);
            shape.Box(x - sw / 2, y1, h - t, x + sw / 2, d, h, top);
            shape.Label = RoomsClass.Sink;
            Hollow(shape, basin, x - sw / 2, y0, x + sw / 2, y1, h - random.Range(0.14f, 0.2f), h + 0.012f, 0.025f, 0.03f);
            Tap(shape, random, Material.Of(Substance.Metal, random), new(x, y0 - 0.04f, h));
            shape.Label = RoomsClass.Counter;
        }
        else
        {
            shape.Box(-w / 2, 0, h - t, w / 2, d, h, top);
            shape.Tops.Add((new(-w / 2, 0, h), new(w / 2, d, h)));
        }
        if (random.Chance(0.5f)) shape.Box(-w / 2, 0, h, w / 2, 0.02f, h + random.Range(0.08f, 0.2f), top);
        return shape;
    }

    private static void Bar(Shape shape, RoomRandom random, Material top, Material body, float w, float h, float t)
    {
        float d = random.Range(0.5f, 0.7f), height = h + random.Range(0, 0.15f);
        shape.Box(-w / 2 + 0.05f, 0.05f, 0, w / 2 - 0.05f, d - 0.2f, height - t, body);
        shape.Box(-w / 2, 0, height - t, w / 2, d, height, top);
        shape.Tops.Add((new(-w / 2, 0, height), new(w / 2, d, height)));
    }

    /// <summary>A washbasin: on a pedestal, hung on the wall, or on a vanity.</summary>
    public static Shape Sink(RoomRandom random)
    {
        var shape = new Shape(RoomsClass.Sink);
        Material bowl = Material.Of(Substance.Ceramic, random), tap = Material.Of(Substance.Metal, random);
        float w = random.Range(0.46f, 0.62f), d = random.Range(0.4f, 0.5f), h = random.Range(0.8f, 0.88f);
        int kind = random.Int(3);
        if (kind == 2)
        {
            Material body = Material.Of(Substance.Lacquer, random);
            shape.Label = RoomsClass.Cabinet;
            float vw = w + random.Range(0.05f, 0.3f);
            shape.Box(-vw / 2, 0, 0.06f, vw / 2, d, h - 0.12f, body);
            Cabinetry.DoorRow(shape, body, tap, vw, 0.06f, h - 0.12f, d, drawerBelow: false);
            shape.Label = RoomsClass.Sink;
            Hollow(shape, bowl, -vw / 2, 0, vw / 2, d + 0.03f, h - 0.12f, h, 0.05f, 0.06f);
        }
        else if (random.Chance(0.5f))
        {
            Hollow(shape, bowl, -w / 2, 0, w / 2, d, h - 0.17f, h, 0.035f, 0.07f);
        }
        else
        {
            float r = w / 2, s = d / w;
            shape.Box(-w * 0.35f, 0, h - 0.12f, w * 0.35f, 0.1f, h, bowl);
            shape.Lathe(new(0, d / 2, h), [(0.05f, -0.17f), (r * 0.7f, -0.12f), (r, -0.02f), (r, 0), (r - 0.03f, 0), (r * 0.75f, -0.07f), (0.03f, -0.12f), (0, -0.12f)],
                bowl, 20, 1, s);
        }
        if (kind == 0)
            shape.Lathe(new(0, d * 0.4f, 0), [(0.13f, 0), (0.12f, 0.05f), (0.075f, 0.25f), (0.07f, h * 0.6f), (0.12f, h - 0.16f)], bowl);
        else if (kind == 1) shape.Tube(new(0, d * 0.4f, h - 0.17f), new(0, d * 0.4f, h - 0.4f), 0.025f, tap);
        Tap(shape, random, tap, new(0, 0.05f, h));
        return shape;
    }

    private static void Tap(Shape shape, RoomRandom random, Material material, Vector3 foot)
    {
        float up = random.Range(0.1f, 0.28f), reach = random.Range(0.1f, 0.18f);
        shape.Tube(foot, foot + new Vector3(0, 0, up), 0.016f, material);
        shape.Tube(foot + new Vector3(0, -0.01f, up), foot + new Vector3(0, reach, up + 0.02f), 0.014f, material);
        shape.Tube(foot + new Vector3(0, reach, up + 0.02f), foot + new Vector3(0, reach, up - 0.04f), 0.014f, material);
        for (int side = -1; side <= 1; side += 2)
            shape.Tube(foot + new Vector3(side * 0.09f, 0, 0), foot + new Vector3(side * 0.09f, 0, 0.05f), 0.02f, material);
    }

    public static Shape Toilet(RoomRandom random)
    {
        var shape = new Shape(RoomsClass.Toilet);
        Material china = Material.Of(Substance.Ceramic, random), seat = random.Chance(0.6f) ? china : Material.Of(Substance.Lacquer, random);
        float z = random.Range(0.38f, 0.43f), w = random.Range(0.35f, 0.4f), length = random.Range(0.46f, 0.52f), tank = random.Range(0.16f, 0.2f);
        float r = w / 2, s = length / w;
        var centre = new Vector3(0, tank + length / 2, 0);
        shape.Lathe(centre - new Vector3(0, 0.05f, 0), [(r * 0.72f, 0), (r * 0.55f, 0.08f), (r * 0.55f, z * 0.45f), (r * 0.9f, z * 0.8f)], china, 18, 1, s * 0.8f);
        shape.Lathe(centre, [(r * 0.85f, z * 0.75f), (r, z - 0.03f), (r, z), (r * 0.68f, z), (r * 0.5f, z - 0.12f), (0.03f, z - 0.2f), (0, z - 0.2f)], china, 20, 1, s);
        shape.Box(-r * 0.7f, tank * 0.5f, z * 0.3f, r * 0.7f, tank + 0.12f, z, china);
        float tankTop = random.Range(0.72f, 0.85f), tw = w / 2 + random.Range(0.01f, 0.05f);
        shape.Cushion(-tw, 0, z - 0.02f, tw, tank, tankTop, china, 0.2f);
        shape.Box(-tw - 0.01f, -0.002f, tankTop - 0.01f, tw + 0.01f, tank + 0.01f, tankTop + 0.025f, china);
        shape.Box(tw * 0.4f, tank, tankTop - 0.1f, tw * 0.75f, tank + 0.02f, tankTop - 0.07f, seat);
        if (random.Chance(0.5f)) // the lid is down
            shape.Lathe(centre, [(r * 1.02f, z), (r * 1.02f, z + 0.035f), (r * 0.95f, z + 0.045f), (0, z + 0.05f)], seat, 20, 1, s);
        else
        {
            shape.Lathe(centre, [(r * 1.02f, z), (r * 1.02f, z + 0.02f), (r * 0.62f, z + 0.02f), (r * 0.62f, z)], seat, 20, 1, s);
            shape.Motion = Matrix4x4.CreateRotationX(1.45f) * Matrix4x4.CreateTranslation(0, tank + 0.05f, z + 0.02f);
            shape.Lathe(new(0, length / 2, 0), [(0, -0.015f), (r, -0.015f), (r, 0.015f), (0, 0.015f)], seat, 20, 1, s);
            shape.Motion = Matrix4x4.Identity;
        }
        return shape;
    }

    public static Shape Bathtub(RoomRandom random)
    {
        var shape = new Shape(RoomsClass.Bathtub);
        Material tub = Material.Of(Substance.Ceramic, random), tap = Material.Of(Substance.Metal, random);
        float w = random.Range(1.45f, 1.75f), d = random.Range(0.7f, 0.82f), h = random.Range(0.48f, 0.6f);
        if (random.Chance(0.3f))
        {
            float r = w / 2, s = d / w;
            shape.Lathe(new(0, d / 2, 0), [(r * 0.75f, 0), (r * 0.8f, 0.05f), (r * 0.95f, h * 0.6f), (r, h), (r - 0.05f, h), (r * 0.82f, h * 0.5f), (r * 0.65f, 0.13f), (0, 0.12f)], tub, 28, 1, s);
        }
        else Hollow(shape, tub, -w / 2, 0, w / 2, d, 0, h, random.Range(0.05f, 0.1f), random.Range(0.06f, 0.12f));
        float side = random.Chance(0.5f) ? 1 : -1;
        shape.Tube(new(side * (w / 2 - 0.06f), d / 2, h), new(side * (w / 2 - 0.06f), d / 2, h + 0.14f), 0.02f, tap);
        shape.Tube(new(side * (w / 2 - 0.06f), d / 2, h + 0.13f), new(side * (w / 2 - 0.2f), d / 2, h + 0.11f), 0.018f, tap);
        return shape;
    }

    /// <summary>A box that is open at the top: outside, rim, sloping inside, floor.</summary>
    private static void Hollow(Shape shape, Material material, float x0, float y0, float x1, float y1, float z0, float z1, float rim, float slope)
    {
        Span<Vector3> low = [new(x0, y0, z0), new(x1, y0, z0), new(x1, y1, z0), new(x0, y1, z0)];
        Span<Vector3> high = [new(x0, y0, z1), new(x1, y0, z1), new(x1, y1, z1), new(x0, y1, z1)];
        Span<Vector3> edge = [new(x0 + rim, y0 + rim, z1), new(x1 - rim, y0 + rim, z1), new(x1 - rim, y1 - rim, z1), new(x0 + rim, y1 - rim, z1)];
        float inner = rim + slope, floor = z0 + 0.2f * (z1 - z0);
        Span<Vector3> deep = [new(x0 + inner, y0 + inner, floor), new(x1 - inner, y0 + inner, floor), new(x1 - inner, y1 - inner, floor), new(x0 + inner, y1 - inner, floor)];
        for (int i = 0; i < 4; i++)
        {
            int j = (i + 1) % 4;
            shape.Flat(low[i], low[j], high[j], high[i], material);
            shape.Flat(high[i], high[j], edge[j], edge[i], material);
            shape.Flat(edge[i], edge[j], deep[j], deep[i], material);
        }
        shape.Flat(deep[0], deep[1], deep[2], deep[3], material);
        shape.Flat(low[0], low[3], low[2], low[1], material);
    }

    /// <summary>Hangs from a rod along x at y = 0; <paramref name="width"/> is the rod's length.</summary>
    public static Shape ShowerCurtain(RoomRandom random, float width)
    {
        var shape = new Shape(RoomsClass.ShowerCurtain);
        Material cloth = Material.Of(Substance.Fabric, random), rod = Material.Of(Substance.Metal, random);
        float z = random.Range(1.85f, 2.05f), low = random.Range(0.12f, 0.35f), share = random.Range(0.45f, 0.95f);
        float wave = random.Range(0.02f, 0.04f), phase = random.Range(0, 6), pitch = random.Range(0.14f, 0.24f), left = random.Chance(0.5f) ? -width / 2 + 0.03f : width / 2 - 0.03f - share * (width - 0.06f);
        float length = share * (width - 0.06f);
        shape.Tube(new(-width / 2, 0.02f, z), new(width / 2, 0.02f, z), 0.014f, rod);
        shape.Sheet((u, v) => new Vector3(left + u * length,
            0.02f + wave * (1.1f - 0.5f * v) * MathF.Sin(phase + u * length / pitch * MathF.Tau), low + v * (z - 0.06f - low)), Math.Max(12, (int)(length / pitch * 8)), 8, cloth);
        int rings = Math.Max(4, (int)(length / pitch) + 1);
        for (int i = 0; i < rings; i++)
        {
            float x = left + length * (i + 0.5f) / rings;
            shape.Tube(new(x, 0.02f, z - 0.07f), new(x, 0.02f, z + 0.02f), 0.01f, rod, 6);
        }
        return shape;
    }
}
