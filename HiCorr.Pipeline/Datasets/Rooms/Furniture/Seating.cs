using System.Numerics;

namespace HiCorr.Pipeline.Datasets.Rooms.Furniture;

/// <summary>Chairs and sofas; the sitter looks along +y.</summary>
internal static class Seating
{
    public static Shape Chair(RoomRandom random)
    {
        var shape = new Shape(RoomsClass.Chair);
        Material seat = Material.Of(Substance.Fabric, random), frame = random.Chance(0.4f) ? seat : Material.Of(Substance.Wood, random);
        float w = random.Range(0.4f, 0.5f), d = random.Range(0.4f, 0.5f), z = random.Range(0.42f, 0.48f), top = random.Range(0.78f, 1.02f);
        int kind = random.Int(4);
        if (kind == 1) Swivel(shape, random, seat, frame, w, d, z, top);
        else if (kind == 2) Shell(shape, random, seat, frame, w, d, z, top);
        else FourLegs(shape, random, seat, frame, w, d, z, top, arms: kind == 3);
        return shape;
    }

    private static void FourLegs(Shape shape, RoomRandom random, Material seat, Material frame, float w, float d, float z, float top, bool arms)
    {
        float r = random.Range(0.016f, 0.025f), x = w / 2 - r, thick = random.Range(0.03f, 0.06f);
        bool round = random.Chance(0.5f), cushion = random.Chance(0.45f);
        float splay = random.Chance(0.4f) ? random.Range(0.01f, 0.05f) : 0;
        for (int side = -1; side <= 1; side += 2)
        {
            Leg(side * (x + splay), 0.02f, side * x, 0.02f + splay, z);
            Leg(side * (x + splay), d - 0.02f, side * x, d - 0.02f - splay, z);
            if (round) shape.Tube(new(side * x, 0.02f, z), new(side * x, -0.04f, top), r, frame);
            else shape.Box(side * x - r, 0, z, side * x + r, 2 * r, top, frame);
            if (!arms) continue;
            float arm = z + random.Range(0.2f, 0.24f);
            shape.Box(side * x - 0.03f, 0, arm, side * x + 0.03f, d * 0.85f, arm + 0.03f, frame);
            shape.Tube(new(side * x, d * 0.8f, z), new(side * x, d * 0.8f, arm), r, frame);
        }
        if (cushion) shape.Cushion(-w / 2, 0, z - thick / 2, w / 2, d, z + thick, seat);
        else shape.Box(-w / 2, 0, z - thick, w / 2, d, z, seat);
        float lean = round ? -0.03f : 0;
        switch (random.Int(3))
        {
            case 0: // one panel
                shape.Box(-x, lean, z + 0.14f, x, lean + 0.03f, top, seat);
                break;
            case 1: // bars across
                int bars = 2 + random.Int(3);
                for (int i = 0; i < bars; i++)
                {
                    float h = top - 0.03f - i * (top - z - 0.08f) / bars;
                    shape.Box(-x, lean, h - 0.05f, x, lean + 0.022f, h + 0.02f, frame);
                }
                break;
            default: // upright bars
                shape.Box(-x, lean, top - 0.07f, x, lean + 0.025f, top, frame);
                int rods = 3 + random.Int(4);
                for (int i = 1; i < rods; i++)
                    shape.Tube(new(-x + 2 * x * i / rods, 0.01f, z), new(-x + 2 * x * i / rods, lean + 0.01f, top - 0.05f), 0.011f, frame, 6);
                break;
        }
        void Leg(float bx, float by, float tx, float ty, float h)
        {
            if (round) shape.Tube(new(bx, by, 0), new(tx, ty, h), r * 0.8f, frame, 8, r);
            else shape.Box(tx - r, ty - r, 0, tx + r, ty + r, h, frame);
        }
    }

    private static void Swivel(Shape shape, RoomRandom random, Material seat, Material frame, float w, float d, float z, float top)
    {
        var foot = new Vector3(0, d / 2, 0);
        float reach = random.Range(0.25f, 0.31f), turn = random.Unit();
        for (int i = 0; i < 5; i++)
        {
            float angle = (i + turn) * MathF.Tau / 5;
            Vector3 end = foot + new Vector3(MathF.Cos(angle) * reach, MathF.Sin(angle) * reach, 0.07f);
            shape.Tube(foot + Vector3.UnitZ * 0.11f, end, 0.022f, frame, 6, 0.016f);
            shape.Lathe(end - Vector3.UnitZ * 0.07f, [(0, 0), (0.025f, 0.005f), (0.03f, 0.03f), (0.02f, 0.055f), (0, 0.06f)], frame, 8);
        }
        shape.Tube(foot + Vector3.UnitZ * 0.08f, foot + Vector3.UnitZ * z, 0.028f, frame);
        shape.Cushion(-w / 2, 0, z - 0.02f, w / 2, d, z + 0.07f, seat);
        shape.Tube(new(0, 0.06f, z), new(0, -0.03f, z + 0.2f), 0.025f, frame, 6);
        shape.Cushion(-w / 2 + 0.02f, -0.05f, z + random.Range(0.12f, 0.2f), w / 2 - 0.02f, 0.03f, top + random.Range(0, 0.1f), seat);
        if (!random.Chance(0.6f)) return;
        for (int side = -1; side <= 1; side += 2)
        {
            shape.Box(side * w / 2 - 0.02f, d / 2 - 0.02f, z, side * w / 2 + 0.02f, d / 2 + 0.02f, z + 0.22f, frame);
            shape.Box(side * w / 2 - 0.03f, d * 0.2f, z + 0.22f, side * w / 2 + 0.03f, d * 0.8f, z + 0.25f, frame);
        }
    }

    /// <summary>A bent shell on thin slanted legs.</summary>
    private static void Shell(Shape shape, RoomRandom random, Material seat, Material frame, float w, float d, float z, float top)
    {
        float bend = random.Range(0.02f, 0.06f), height = top - z;
        shape.Sheet((u, v) =>
        {
            float x = (u - 0.5f) * w, edge = 4 * (u - 0.5f) * (u - 0.5f);
            float along = v * (d + height) - d;
            float soft = 0.06f;
            // From the front edge of the seat back, around the bend, and up the back.
            float y = along < -soft ? -along : along > soft ? -0.12f * (along - soft) : soft * MathF.Pow((soft - along) / (2 * soft), 2);
            float up = along < -soft ? 0 : along > soft ? along : soft * MathF.Pow((along + soft) / (2 * soft), 2);
            return new Vector3(x, y + bend * edge * (along > 0 ? 1 : 0), z + up + bend * edge * (along > 0 ? 0 : 1));
        }, 8, 14, seat);
        for (int sx = -1; sx <= 1; sx += 2)
            for (int sy = 0; sy <= 1; sy++)
                shape.Tube(new(sx * w * 0.5f, sy == 0 ? 0.02f : d - 0.02f, 0), new(sx * w * 0.3f, sy == 0 ? 0.12f : d - 0.12f, z), 0.013f, frame, 6);
    }

    public static Shape Sofa(RoomRandom random)
    {
        var shape = new Shape(RoomsClass.Sofa);
        Material cloth = Material.Of(Substance.Fabric, random), cushions = random.Chance(0.6f) ? cloth : Material.Of(Substance.Fabric, random);
        float w = random.Range(1.4f, 2.2f), d = random.Range(0.8f, 0.95f), seat = random.Range(0.38f, 0.46f), back = random.Range(0.72f, 0.92f);
        float arm = random.Range(0.1f, 0.24f), armTop = seat + random.Range(0.12f, 0.24f), foot = random.Chance(0.5f) ? random.Range(0.06f, 0.14f) : 0.01f;
        bool corner = random.Chance(0.3f), soft = random.Chance(0.7f);
        float backThick = random.Range(0.16f, 0.24f), chaise = corner ? random.Range(1.35f, 1.6f) : d;
        int seats = w > 1.75f ? 3 : 2;
        shape.Box(-w / 2, 0, foot, w / 2, d, seat - 0.12f, cloth);
        Block(-w / 2, 0, seat - 0.14f, w / 2, backThick, back);
        Block(-w / 2, 0, foot, -w / 2 + arm, d, armTop);
        if (!corner) Block(w / 2 - arm, 0, foot, w / 2, d, armTop);
        float left = -w / 2 + arm, right = corner ? w / 2 : w / 2 - arm, each = (right - left) / seats;
        for (int i = 0; i < seats; i++)
        {
            float x0 = left + i * each, front = corner && i == seats - 1 ? chaise : d;
            shape.Cushion(x0, backThick - 0.05f, seat - 0.14f, x0 + each, front, seat + 0.02f, cushions, 0.25f);
            shape.Cushion(x0, backThick - 0.06f, seat, x0 + each, backThick + 0.12f, back - random.Range(-0.04f, 0.06f), cushions, 0.3f);
        }
        if (corner) shape.Box(right - each, d - 0.01f, foot, right, chaise - 0.02f, seat - 0.12f, cloth);
        if (foot > 0.02f)
            foreach (float x in (ReadOnlySpan<float>)[-w / 2 + 0.06f, w / 2 - 0.06f])
                foreach (float y in (ReadOnlySpan<float>)[0.06f, d - 0.06f]) shape.Tube(new(x, y, 0), new(x, y, foot), 0.02f, cushions, 6);
        if (random.Chance(0.5f))
        {
            Material pillow = Material.Of(Substance.Fabric, random);
            float x = random.Range(left + 0.25f, right - 0.25f);
            shape.Motion = Matrix4x4.CreateRotationX(0.3f) * Matrix4x4.CreateTranslation(x, backThick + 0.14f, seat + 0.02f);
            shape.Cushion(-0.2f, 0, 0, 0.2f, 0.12f, 0.36f, pillow, 0.5f);
            shape.Motion = Matrix4x4.Identity;
        }
        return shape;

        void Block(float x0, float y0, float z0, float x1, float y1, float z1)
        {
            if (soft) shape.Cushion(x0, y0, z0, x1, y1, z1, cloth, 0.2f);
            else shape.Box(x0, y0, z0, x1, y1, z1, cloth);
        }
    }

    public static Shape Bed(RoomRandom random)
    {
        var shape = new Shape(RoomsClass.Bed);
        Material frame = Material.Of(Substance.Wood, random), sheet = Material.Of(Substance.Fabric, random), blanket = Material.Of(Substance.Fabric, random), pillow = random.Chance(0.5f) ? sheet : Material.Of(Substance.Fabric, random);
        bool wide = random.Chance(0.55f);
        float w = wide ? random.Range(1.35f, 1.8f) : random.Range(0.85f, 1.05f), d = random.Range(1.9f, 2.1f), z = random.Range(0.2f, 0.36f);
        float mattress = z + random.Range(0.16f, 0.26f), head = random.Range(0.8f, 1.2f), lift = random.Chance(0.5f) ? random.Range(0.08f, 0.18f) : 0.01f;
        shape.Box(-w / 2, 0.04f, lift, w / 2, d, z, frame);
        if (lift > 0.05f)
            foreach (float x in (ReadOnlySpan<float>)[-w / 2 + 0.04f, w / 2 - 0.04f])
                foreach (float y in (ReadOnlySpan<float>)[0.1f, d - 0.04f]) shape.Box(x - 0.035f, y - 0.035f, 0, x + 0.035f, y + 0.035f, lift, frame);
        shape.Cushion(-w / 2 + 0.02f, 0.06f, z - 0.05f, w / 2 - 0.02f, d - 0.02f, mattress, sheet, 0.15f);
        float over = random.Range(0.45f, 0.75f) * d, hang = random.Range(0.05f, 0.3f);
        shape.Cushion(-w / 2 - 0.02f, d - over, Math.Max(lift, mattress - hang), w / 2 + 0.02f, d + 0.02f, mattress + 0.05f, blanket, 0.15f);
        int pillows = wide ? 2 : 1;
        for (int i = 0; i < pillows; i++)
        {
            float x = pillows == 1 ? 0 : (i - 0.5f) * w * 0.48f, half = Math.Min(0.36f, w / pillows / 2 - 0.05f);
            shape.Cushion(x - half, 0.1f, mattress - 0.01f, x + half, 0.5f, mattress + 0.13f, pillow, 0.55f);
        }
        if (random.Chance(0.8f))
        {
            if (random.Chance(0.5f)) shape.Box(-w / 2 - 0.03f, 0, 0, w / 2 + 0.03f, 0.06f, head, frame);
            else
            {
                for (int side = -1; side <= 1; side += 2) shape.Tube(new(side * w / 2, 0.03f, 0), new(side * w / 2, 0.03f, head), 0.03f, frame);
                for (int i = 0; i < 3; i++) shape.Box(-w / 2, 0.015f, head - 0.1f - i * 0.18f, w / 2, 0.045f, head - 0.02f - i * 0.18f, frame);
            }
        }
        if (random.Chance(0.3f)) shape.Box(-w / 2 - 0.02f, d + 0.02f, 0, w / 2 + 0.02f, d + 0.06f, mattress + random.Range(0, 0.2f), frame);
        return shape;
    }
}
