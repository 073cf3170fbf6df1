using System.Numerics;

namespace HiCorr.Pipeline.Datasets.Rooms.Furniture;

/// <summary>Doors, windows, curtains and pictures: flat things whose back (y = 0) lies on a wall.</summary>
internal static class WallThings
{
    public static Shape Door(RoomRandom random)
    {
        var shape = new Shape(RoomsClass.Door);
        Material leaf = Material.Of(Substance.Lacquer, random), frame = random.Chance(0.4f) ? leaf : Material.Of(Substance.Wood, random), metal = Material.Of(Substance.Metal, random);
        float w = random.Range(0.76f, 0.95f), h = random.Range(1.98f, 2.1f), f = random.Range(0.06f, 0.1f);
        shape.Box(-w / 2 - f, 0, 0, -w / 2, 0.05f, h + f, frame);
        shape.Box(w / 2, 0, 0, w / 2 + f, 0.05f, h + f, frame);
        shape.Box(-w / 2, 0, h, w / 2, 0.05f, h + f, frame);
        shape.Box(-w / 2, 0, 0, w / 2, 0.025f, h, leaf);
        int rows = random.Int(4), columns = 1 + random.Int(2);
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++)
            {
                float x0 = -w / 2 + 0.1f + (w - 0.1f) * c / columns, x1 = x0 + (w - 0.1f) / columns - 0.1f;
                float z0 = 0.16f + (h - 0.2f) * r / rows, z1 = 0.16f + (h - 0.2f) * (r + 1) / rows - 0.12f;
                // A raised moulding around each panel.
                Moulding(shape, leaf, x0, x1, z0, z1);
            }
        float side = random.Chance(0.5f) ? 1 : -1, x = side * (w / 2 - 0.07f), z = random.Range(0.95f, 1.05f);
        if (random.Chance(0.6f))
        {
            shape.Box(x - 0.022f, 0.025f, z - 0.1f, x + 0.022f, 0.034f, z + 0.08f, metal);
            shape.Tube(new(x, 0.03f, z), new(x, 0.085f, z), 0.012f, metal);
            shape.Tube(new(x, 0.08f, z), new(x - side * 0.13f, 0.08f, z), 0.012f, metal);
        }
        else
        {
            shape.Tube(new(x, 0.025f, z), new(x, 0.06f, z), 0.015f, metal);
            shape.Lathe(new(x, 0.08f, z - 0.032f), [(0, 0), (0.025f, 0.008f), (0.033f, 0.032f), (0.025f, 0.056f), (0, 0.064f)], metal, 10);
        }
        return shape;
    }

    private static void Moulding(Shape shape, Material material, float x0, float x1, float z0, float z1)
    {
        const float T = 0.022f, Y0 = 0.025f, Y1 = 0.042f;
        shape.Box(x0, Y0, z0, x1, Y1, z0 + T, material);
        shape.Box(x0, Y0, z1 - T, x1, Y1, z1, material);
        shape.Box(x0, Y0, z0 + T, x0 + T, Y1, z1 - T, material);
        shape.Box(x1 - T, Y0, z0 + T, x1, Y1, z1 - T, material);
    }

    /// <summary>A window whose sill lies at <paramref name="sill"/> above the floor.</summary>
    public static Shape Window(RoomRandom random, float width, float height, float sill)
    {
        var shape = new Shape(RoomsClass.Window);
        Material frame = Material.Of(Substance.Wood, random), glass = Material.Of(Substance.Print, random);
        float f = random.Range(0.05f, 0.08f), w = width / 2, top = sill + height;
        shape.Box(-w, 0, sill, -w + f, 0.06f, top, frame);
        shape.Box(w - f, 0, sill, w, 0.06f, top, frame);
        shape.Box(-w + f, 0, top - f, w - f, 0.06f, top, frame);
        shape.Box(-w + f, 0, sill, w - f, 0.06f, sill + f, frame);
        shape.Box(-w + f, 0, sill + f, w - f, 0.012f, top - f, glass);
        int bars = width > 1f ? 1 + random.Int(2) : random.Int(2);
        for (int i = 1; i <= bars; i++)
        {
            float x = -w + width * i / (bars + 1);
            shape.Box(x - f / 2, 0.012f, sill + f, x + f / 2, 0.055f, top - f, frame);
        }
        if (bars == 0 || random.Chance(0.6f))
        {
            float z = sill + height * random.Range(0.45f, 0.7f);
            shape.Box(-w + f, 0.012f, z - f / 2.5f, w - f, 0.05f, z + f / 2.5f, frame);
        }
        shape.Box(-w - 0.05f, 0, sill - 0.04f, w + 0.05f, random.Range(0.1f, 0.16f), sill, frame);
        if (random.Chance(0.6f)) shape.Tube(new(-w + f / 2, 0.06f, sill + height / 2), new(-w + f / 2, 0.085f, sill + height / 2 - 0.1f), 0.01f, glass, 6);
        return shape;
    }

    public static Shape Picture(RoomRandom random)
    {
        var shape = new Shape(RoomsClass.Picture);
        Material frame = Material.Of(Substance.Wood, random), mat = Material.Of(Substance.Lacquer, random);
        float w = random.Range(0.3f, 0.9f), h = w * random.Pick<float>([0.7f, 0.8f, 1f, 1.3f, 1.45f]), f = random.Range(0.02f, 0.06f);
        h = Math.Min(h, 0.95f);
        shape.Box(-w / 2, 0, 0, w / 2, 0.02f, f, frame);
        shape.Box(-w / 2, 0, h - f, w / 2, 0.035f, h, frame);
        shape.Box(-w / 2, 0, 0, -w / 2 + f, 0.035f, h, frame);
        shape.Box(w / 2 - f, 0, 0, w / 2, 0.035f, h, frame);
        float border = random.Chance(0.6f) ? random.Range(0.04f, 0.1f) * w : 0;
        shape.Box(-w / 2 + f, 0, f, w / 2 - f, 0.012f, h - f, mat);
        float x0 = -w / 2 + f + border, x1 = w / 2 - f - border, z0 = f + border, z1 = h - f - border;
        if (x1 - x0 < 0.05f || z1 - z0 < 0.05f) return shape;
        Paint(shape, random, x0, x1, z0, z1);
        return shape;
    }

    /// <summary>The image itself: ground, sky or wall behind, and a few shapes, as paintings and posters show.</summary>
    private static void Paint(Shape shape, RoomRandom random, float x0, float x1, float z0, float z1)
    {
        shape.Box(x0, 0.012f, z0, x1, 0.016f, z1, Material.Of(Substance.Print, random));
        float horizon = z0 + (z1 - z0) * random.Range(0.25f, 0.6f), layer = 0.018f;
        if (random.Chance(0.6f)) shape.Box(x0, 0.012f, z0, x1, layer, horizon, Material.Of(Substance.Print, random));
        int shapes = 1 + random.Int(4);
        for (int i = 0; i < shapes; i++)
        {
            layer += 0.001f;
            float sx = (x1 - x0) * random.Range(0.08f, 0.25f), sz = (z1 - z0) * random.Range(0.1f, 0.28f);
            float cx = random.Range(x0 + sx, x1 - sx), cz = random.Range(z0 + sz, z1 - sz);
            Material material = Material.Of(Substance.Print, random);
            if (random.Chance(0.4f)) shape.Box(cx - sx, 0.012f, cz - sz, cx + sx, layer, cz + sz, material);
            else
            {
                // A disc or a triangle, facing the room.
                int corners = random.Chance(0.4f) ? 3 : 14;
                for (int k = 0; k < corners; k++)
                {
                    Vector3 centre = new(cx, layer, cz);
                    shape.Flat(centre, Rim(k + 1), Rim(k), centre, material, twoSided: true);
                    Vector3 Rim(int n) => centre + new Vector3(sx * MathF.Sin(n * MathF.Tau / corners), 0, sz * MathF.Cos(n * MathF.Tau / corners));
                }
            }
        }
    }

    /// <summary>Cloth beside a window of the given width: one or two panels with folds under a rod.</summary>
    public static Shape Curtain(RoomRandom random, float windowWidth, float top, float low)
    {
        var shape = new Shape(RoomsClass.Curtain);
        Material cloth = Material.Of(Substance.Fabric, random), rod = Material.Of(Substance.Metal, random);
        float half = windowWidth / 2 + random.Range(0.12f, 0.28f), y = random.Range(0.2f, 0.24f), panel = random.Range(0.32f, 0.85f) * half;
        shape.Tube(new(-half - 0.08f, y, top), new(half + 0.08f, y, top), 0.016f, rod);
        for (int side = -1; side <= 1; side += 2) shape.Tube(new(side * half, 0, top), new(side * half, y, top), 0.012f, rod, 6);
        bool single = random.Chance(0.25f), tied = random.Chance(0.3f);
        float wave = random.Range(0.025f, 0.045f), pitch = random.Range(0.09f, 0.15f), phase = random.Range(0, 6), pinch = low + (top - low) * 0.4f;
        for (int side = single ? 1 : -1; side <= 1; side += 2)
        {
            int s = side;
            shape.Sheet((u, v) =>
            {
                float z = low + v * (top - low), narrow = tied ? 1 - 0.6f * MathF.Exp(-MathF.Pow((z - pinch) / 0.35f, 2)) : 1;
                return new Vector3(s * (half - u * panel * narrow), y + wave * MathF.Sin(phase + u * panel / pitch * MathF.Tau), z);
            }, Math.Max(12, (int)(panel / pitch * 8)), 12, cloth);
        }
        return shape;
    }
}
