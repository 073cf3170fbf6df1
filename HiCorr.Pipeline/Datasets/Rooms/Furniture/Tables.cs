using System.Numerics;

namespace HiCorr.Pipeline.Datasets.Rooms.Furniture;

/// <summary>Tables and desks; whoever works at a desk sits at its front (+y).</summary>
internal static class Tables
{
    public static Shape Table(RoomRandom random)
    {
        var shape = new Shape(RoomsClass.Table);
        Material top = Material.Of(Substance.Wood, random), legs = random.Chance(0.5f) ? top : Material.Of(Substance.Wood, random);
        bool low = random.Chance(0.3f);
        float h = low ? random.Range(0.36f, 0.5f) : random.Range(0.7f, 0.78f), thick = random.Range(0.025f, 0.05f);
        if (random.Chance(0.35f)) Round(shape, random, top, legs, low ? random.Range(0.35f, 0.5f) : random.Range(0.42f, 0.62f), h, thick);
        else
        {
            float w = low ? random.Range(0.8f, 1.2f) : random.Range(0.9f, 1.7f), d = low ? random.Range(0.45f, 0.65f) : random.Range(0.65f, 0.95f);
            shape.Box(-w / 2, 0, h - thick, w / 2, d, h, top);
            float r = random.Range(0.022f, 0.045f), inset = r + random.Range(0.005f, 0.08f);
            bool tube = random.Chance(0.4f);
            foreach (float x in (ReadOnlySpan<float>)[-w / 2 + inset, w / 2 - inset])
                foreach (float y in (ReadOnlySpan<float>)[inset, d - inset])
                {
                    if (tube) shape.Tube(new(x, y, 0), new(x, y, h - thick), r * 0.7f, legs, 8, r);
                    else shape.Box(x - r, y - r, 0, x + r, y + r, h - thick, legs);
                }
            if (random.Chance(0.5f))
            {
                shape.Box(-w / 2 + inset, inset - 0.01f, h - thick - 0.09f, w / 2 - inset, inset + 0.01f, h - thick, legs);
                shape.Box(-w / 2 + inset, d - inset - 0.01f, h - thick - 0.09f, w / 2 - inset, d - inset + 0.01f, h - thick, legs);
            }
            if (low && random.Chance(0.5f)) shape.Box(-w / 2 + inset, inset, h * 0.3f, w / 2 - inset, d - inset, h * 0.3f + 0.02f, top);
            shape.Tops.Add((new(-w / 2, 0, h), new(w / 2, d, h)));
        }
        return shape;
    }

    private static void Round(Shape shape, RoomRandom random, Material top, Material legs, float radius, float h, float thick)
    {
        var centre = new Vector3(0, radius, 0);
        shape.Lathe(centre, [(0, h - thick), (radius, h - thick), (radius, h), (0, h)], top, 24);
        if (random.Chance(0.5f))
        {
            shape.Tube(centre, centre + Vector3.UnitZ * (h - thick), random.Range(0.03f, 0.07f), legs, 10);
            shape.Lathe(centre, [(radius * 0.6f, 0), (radius * 0.6f, 0.02f), (0.06f, 0.06f)], legs);
        }
        else
        {
            int count = random.Chance(0.4f) ? 3 : 4;
            for (int i = 0; i < count; i++)
            {
                float a = (i + 0.5f) * MathF.Tau / count;
                var out1 = new Vector3(MathF.Cos(a), MathF.Sin(a), 0);
                shape.Tube(centre + out1 * radius * 0.85f, centre + out1 * radius * 0.6f + Vector3.UnitZ * (h - thick), 0.022f, legs);
            }
        }
        float side = radius * 0.7f;
        shape.Tops.Add((new(-side, radius - side, h), new(side, radius + side, h)));
    }

    public static Shape Desk(RoomRandom random)
    {
        var shape = new Shape(RoomsClass.Desk);
        Material top = Material.Of(Substance.Wood, random), body = random.Chance(0.5f) ? top : Material.Of(Substance.Wood, random), fronts = random.Chance(0.5f) ? body : Material.Of(Substance.Wood, random);
        float w = random.Range(1.0f, 1.6f), d = random.Range(0.55f, 0.75f), h = random.Range(0.71f, 0.77f), t = random.Range(0.02f, 0.035f);
        shape.Box(-w / 2, 0, h - t, w / 2, d, h, top);
        shape.Tops.Add((new(-w / 2, 0, h), new(w / 2, d, h)));
        int kind = random.Int(3);
        float pedestal = random.Range(0.34f, 0.44f);
        if (kind == 0) Drawers(w / 2 - pedestal, w / 2);
        else if (random.Chance(0.5f)) shape.Box(w / 2 - 0.03f, 0.02f, 0, w / 2, d - 0.02f, h - t, body);
        else Drawers(w / 2 - pedestal, w / 2);
        if (kind == 1) Drawers(-w / 2, -w / 2 + pedestal);
        else if (kind == 0) shape.Box(-w / 2, 0.02f, 0, -w / 2 + 0.03f, d - 0.02f, h - t, body);
        else
        {
            shape.Box(-w / 2 + 0.02f, 0.02f, 0, -w / 2 + 0.07f, 0.07f, h - t, body);
            shape.Box(-w / 2 + 0.02f, d - 0.07f, 0, -w / 2 + 0.07f, d - 0.02f, h - t, body);
            Drawers(w / 2 - pedestal, w / 2);
        }
        shape.Box(-w / 2 + 0.03f, 0.04f, h * random.Range(0.25f, 0.6f), w / 2 - 0.03f, 0.06f, h - t, body);
        if (random.Chance(0.3f))
        {
            float up = random.Range(0.3f, 0.5f);
            foreach (float x in (ReadOnlySpan<float>)[-w / 2, -0.01f, w / 2 - 0.02f]) shape.Box(x, 0, h, x + 0.02f, 0.22f, h + up, body);
            shape.Box(-w / 2, 0, h + up, w / 2, 0.22f, h + up + 0.02f, body);
        }
        return shape;

        void Drawers(float x0, float x1)
        {
            shape.Box(x0, 0.02f, 0.02f, x1, d - 0.03f, h - t, body);
            int count = 3 + random.Int(2);
            for (int i = 0; i < count; i++)
            {
                float z0 = 0.05f + i * (h - t - 0.07f) / count, z1 = 0.05f + (i + 1) * (h - t - 0.07f) / count - 0.015f;
                shape.Box(x0 + 0.015f, d - 0.03f, z0, x1 - 0.015f, d - 0.012f, z1, fronts);
                shape.Box((x0 + x1) / 2 - 0.05f, d - 0.012f, (z0 + z1) / 2, (x0 + x1) / 2 + 0.05f, d + 0.012f, (z0 + z1) / 2 + 0.018f, top);
            }
        }
    }
}
