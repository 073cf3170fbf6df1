using System.Numerics;

namespace HiCorr.Pipeline.Datasets.Rooms.Furniture;

/// <summary>Other furniture, and the small unlabelled things that clutter tables and floors.</summary>
internal static class OtherThings
{
    public static Shape Other(RoomRandom random) => random.Int(8) switch
    {
        0 => FloorLamp(random),
        1 => Plant(random),
        2 => CardboardBox(random),
        3 => Television(random),
        4 => Stool(random),
        5 => CoatRack(random),
        6 => TrashCan(random),
        _ => Ladder(random),
    };

    private static Shape Named(string name) => new(RoomsClass.OtherFurniture) { Name = name };

    private static Shape FloorLamp(RoomRandom random)
    {
        Shape shape = Named("lamp");
        Material pole = Material.Of(Substance.Metal, random), shade = Material.Of(Substance.Fabric, random);
        float h = random.Range(1.3f, 1.7f), r = random.Range(0.15f, 0.22f);
        var c = new Vector3(0, r + 0.02f, 0);
        shape.Lathe(c, [(0.15f, 0), (0.15f, 0.025f), (0, 0.035f)], pole);
        shape.Tube(c, c + Vector3.UnitZ * (h - 0.05f), 0.014f, pole);
        Shade(shape, c, h - random.Range(0.22f, 0.34f), h, r, r * random.Range(0.45f, 0.95f), shade);
        return shape;
    }

    public static Shape TableLamp(RoomRandom random)
    {
        Shape shape = Named("lamp");
        Material foot = Material.Of(Substance.Metal, random);
        float h = random.Range(0.34f, 0.5f), r = random.Range(0.1f, 0.15f);
        var c = new Vector3(0, r, 0);
        shape.Lathe(c, [(0.07f, 0), (0.075f, 0.02f), (0.03f, 0.06f), (0.05f, h * 0.25f), (0.015f, h * 0.5f), (0.012f, h * 0.7f)], foot, 12);
        Shade(shape, c, h * 0.55f, h, r, r * 0.6f, Material.Of(Substance.Fabric, random));
        return shape;
    }

    private static void Shade(Shape shape, Vector3 c, float z0, float z1, float low, float high, Material material) =>
        shape.Sheet((u, v) =>
        {
            float r = low + (high - low) * v;
            return c + new Vector3(r * MathF.Cos(u * MathF.Tau), r * MathF.Sin(u * MathF.Tau), z0 + (z1 - z0) * v);
        }, 16, 1, material);

    private static Shape Plant(RoomRandom random)
    {
        Shape shape = Named("plant");
        Material pot = Material.Of(Substance.Ceramic, random), leaf = Material.Of(Substance.Leaf, random);
        float r = random.Range(0.12f, 0.2f), h = random.Range(0.22f, 0.38f), tall = random.Range(0.4f, 0.9f);
        var c = new Vector3(0, 0.3f, 0);
        shape.Lathe(c, [(r * 0.7f, 0), (r, h), (r * 0.88f, h), (r * 0.85f, h - 0.03f), (0, h - 0.03f)], pot, 14);
        int leaves = 12 + random.Int(14);
        for (int i = 0; i < leaves; i++)
        {
            float angle = i * 2.4f + random.Range(-0.3f, 0.3f), length = tall * random.Range(0.6f, 1f), bend = random.Range(0.12f, 0.42f), width = random.Range(0.03f, 0.07f);
            var away = new Vector3(MathF.Cos(angle), MathF.Sin(angle), 0);
            Vector3 across = Vector3.Cross(away, Vector3.UnitZ);
            shape.Sheet((u, v) => c + Vector3.UnitZ * (h - 0.03f + length * (v - 0.35f * bend * v * v)) + away * (bend * v * v + 0.02f)
                + across * ((u - 0.5f) * width * (0.15f + 3.4f * v * (1.03f - v))), 2, 6, leaf);
        }
        return shape;
    }

    private static Shape CardboardBox(RoomRandom random)
    {
        Shape shape = Named("box");
        Material card = Material.Of(Substance.Lacquer, random);
        float w = random.Range(0.35f, 0.6f), d = random.Range(0.3f, 0.45f), h = random.Range(0.25f, 0.45f);
        Vector3 a = new(-w / 2, 0, h), b = new(w / 2, 0, h), c = new(w / 2, d, h), e = new(-w / 2, d, h);
        shape.Box(-w / 2, 0, 0, w / 2, d, h * 0.7f, card);
        bool open = random.Chance(0.6f);
        if (!open) shape.Box(-w / 2, 0, h * 0.7f, w / 2, d, h, card);
        else
        {
            Flap(a, b, new(0, -0.12f, 0.08f));
            Flap(b, c, new(0.14f, 0, 0.06f));
            Flap(c, e, new(0, 0.14f, 0.03f));
            Flap(e, a, new(-0.14f, 0, 0.06f));
        }
        shape.Box(-0.03f, -0.001f, 0, 0.03f, d + 0.002f, h * 0.69f, Material.Of(Substance.Lacquer, random));
        return shape;

        void Flap(Vector3 p, Vector3 q, Vector3 outward)
        {
            var down = new Vector3(0, 0, -h * 0.3f);
            shape.Flat(p + down, q + down, q, p, card, twoSided: true);
            shape.Flat(p, q, q + outward, p + outward, card, twoSided: true);
        }
    }

    private static Shape Television(RoomRandom random)
    {
        Shape shape = Named("television");
        Material rim = Material.Of(Substance.Lacquer, random), stand = Material.Of(Substance.Lacquer, random);
        float w = random.Range(0.9f, 1.3f), h = w * 0.58f, d = random.Range(0.35f, 0.42f), z = random.Range(0.4f, 0.55f);
        shape.Box(-w * 0.6f, 0, 0.08f, w * 0.6f, d, z, stand);
        foreach (float x in (ReadOnlySpan<float>)[-w * 0.55f, w * 0.55f]) shape.Box(x - 0.03f, 0.05f, 0, x + 0.03f, d - 0.05f, 0.08f, rim);
        Screen(shape, random, rim, new(0, d * 0.4f, z), w, h);
        return shape;
    }

    public static Shape Monitor(RoomRandom random)
    {
        Shape shape = Named("monitor");
        Screen(shape, random, Material.Of(Substance.Lacquer, random), new(0, 0.1f, 0), random.Range(0.45f, 0.62f), random.Range(0.28f, 0.36f));
        return shape;
    }

    private static void Screen(Shape shape, RoomRandom random, Material rim, Vector3 foot, float w, float h)
    {
        float z = foot.Z + 0.09f;
        shape.Box(-w * 0.2f, foot.Y - 0.09f, foot.Z, w * 0.2f, foot.Y + 0.09f, foot.Z + 0.015f, rim);
        shape.Box(-0.03f, foot.Y - 0.04f, foot.Z, 0.03f, foot.Y - 0.02f, z + h * 0.3f, rim);
        shape.Box(-w / 2, foot.Y - 0.02f, z, w / 2, foot.Y + 0.015f, z + h, rim);
        shape.Box(-w / 2 + 0.015f, foot.Y + 0.015f, z + 0.02f, w / 2 - 0.015f, foot.Y + 0.018f, z + h - 0.015f, Material.Of(Substance.Lacquer, random));
    }

    private static Shape Stool(RoomRandom random)
    {
        Shape shape = Named("stool");
        Material seat = Material.Of(Substance.Fabric, random), legs = Material.Of(Substance.Wood, random);
        float h = random.Range(0.42f, 0.75f), r = random.Range(0.15f, 0.19f);
        var c = new Vector3(0, 0.22f, 0);
        shape.Lathe(c, [(0, h - 0.04f), (r, h - 0.04f), (r, h - 0.01f), (r - 0.01f, h), (0, h)], seat);
        int count = 3 + random.Int(2);
        for (int i = 0; i < count; i++)
        {
            float a = (i + 0.5f) * MathF.Tau / count;
            var away = new Vector3(MathF.Cos(a), MathF.Sin(a), 0);
            shape.Tube(c + away * 0.2f, c + away * r * 0.7f + Vector3.UnitZ * (h - 0.04f), 0.015f, legs);
            float b = a + MathF.Tau / count;
            shape.Tube(c + away * 0.17f + Vector3.UnitZ * 0.2f, c + new Vector3(MathF.Cos(b), MathF.Sin(b), 0) * 0.17f + Vector3.UnitZ * 0.2f, 0.009f, legs, 6);
        }
        return shape;
    }

    private static Shape CoatRack(RoomRandom random)
    {
        Shape shape = Named("coat rack");
        Material wood = Material.Of(Substance.Wood, random);
        float h = random.Range(1.5f, 1.8f);
        var c = new Vector3(0, 0.25f, 0);
        shape.Tube(c, c + Vector3.UnitZ * h, 0.02f, wood);
        for (int i = 0; i < 4; i++)
        {
            var away = new Vector3(MathF.Cos(i * MathF.Tau / 4), MathF.Sin(i * MathF.Tau / 4), 0);
            shape.Tube(c + away * 0.23f, c + Vector3.UnitZ * 0.25f, 0.014f, wood, 6);
            shape.Tube(c + Vector3.UnitZ * (h - 0.15f), c + away * 0.16f + Vector3.UnitZ * (h - 0.04f), 0.012f, wood, 6);
        }
        if (!random.Chance(0.6f)) return shape;
        Material coat = Material.Of(Substance.Fabric, random);
        shape.Cushion(0.02f, 0.12f, h - 0.95f, 0.24f, 0.38f, h - 0.12f, coat, 0.7f);
        return shape;
    }

    private static Shape TrashCan(RoomRandom random)
    {
        Shape shape = Named("trash can");
        Material tin = Material.Of(Substance.Metal, random);
        float r = random.Range(0.12f, 0.18f), h = random.Range(0.3f, 0.6f);
        var c = new Vector3(0, r + 0.01f, 0);
        if (random.Chance(0.5f)) shape.Lathe(c, [(r * 0.75f, 0), (r, h), (r - 0.012f, h), (r * 0.72f, 0.03f), (0, 0.03f)], tin);
        else shape.Lathe(c, [(r, 0), (r, h), (r * 1.05f, h), (r * 1.05f, h + 0.02f), (r * 0.7f, h + 0.08f), (0, h + 0.1f)], tin);
        return shape;
    }

    private static Shape Ladder(RoomRandom random)
    {
        Shape shape = Named("ladder");
        Material metal = Material.Of(Substance.Metal, random);
        float h = random.Range(1.1f, 1.7f), w = random.Range(0.18f, 0.24f), lean = h * 0.28f;
        for (int side = -1; side <= 1; side += 2)
        {
            shape.Tube(new(side * w * 1.2f, 0.02f + 2 * lean, 0), new(side * w * 0.8f, 0.02f + lean, h), 0.018f, metal, 6);
            shape.Tube(new(side * w * 1.2f, 0.02f, 0), new(side * w * 0.8f, 0.02f + lean, h), 0.014f, metal, 6);
        }
        int steps = (int)(h / 0.26f);
        for (int i = 1; i <= steps; i++)
        {
            float t = i * 0.26f / h, y = 0.02f + 2 * lean - t * lean, x = w * (1.2f - 0.4f * t);
            shape.Box(-x, y - 0.05f, i * 0.26f - 0.02f, x, y + 0.03f, i * 0.26f, metal);
        }
        return shape;
    }

    /// <summary>A thing of everyday use that no class names: a book, a bottle, a cup, a carton.</summary>
    public static Shape Clutter(RoomRandom random)
    {
        var shape = new Shape(RoomsClass.None);
        Material material = Material.Of(Substance.Print, random);
        switch (random.Int(4))
        {
            case 0:
                float z = 0;
                for (int i = 1 + random.Int(4); i > 0; i--)
                {
                    float t = random.Range(0.015f, 0.04f);
                    shape.Box(-random.Range(0.07f, 0.1f), 0, z, random.Range(0.07f, 0.1f), random.Range(0.18f, 0.25f), z + t, Material.Of(Substance.Lacquer, random));
                    z += t;
                }
                break;
            case 1:
                float r = random.Range(0.03f, 0.045f), h = random.Range(0.2f, 0.32f);
                shape.Lathe(new(0, r, 0), [(r, 0), (r, h * 0.6f), (r * 0.4f, h * 0.75f), (r * 0.4f, h), (0, h)], material, 10);
                break;
            case 2:
                shape.Lathe(new(0, 0.05f, 0), [(0.03f, 0), (0.045f, 0.1f), (0.038f, 0.1f), (0.028f, 0.015f), (0, 0.015f)], material, 10);
                break;
            default:
                shape.Box(-random.Range(0.06f, 0.14f), 0, 0, random.Range(0.06f, 0.14f), random.Range(0.08f, 0.2f), random.Range(0.06f, 0.22f), material);
                break;
        }
        return shape;
    }
}
