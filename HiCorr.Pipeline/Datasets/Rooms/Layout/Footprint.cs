using System.Numerics;

namespace HiCorr.Pipeline.Datasets.Rooms.Layout;

/// <summary>The upright box that an object takes: a turned rectangle on the floor plan and a height interval.</summary>
internal readonly record struct Footprint(Vector2 Centre, Vector2 Half, float Yaw, float Low, float High)
{
    public Vector2 Along => new(MathF.Cos(Yaw), MathF.Sin(Yaw));

    public static Footprint Of((Vector3 Low, Vector3 High) bounds, Vector3 origin, float yaw)
    {
        (float sin, float cos) = MathF.SinCos(yaw);
        float x = (bounds.Low.X + bounds.High.X) / 2, y = (bounds.Low.Y + bounds.High.Y) / 2;
        return new Footprint(new Vector2(origin.X + cos * x - sin * y, origin.Y + sin * x + cos * y),
            new Vector2(bounds.High.X - bounds.Low.X, bounds.High.Y - bounds.Low.Y) / 2, yaw, origin.Z + bounds.Low.Z, origin.Z + bounds.High.Z);
    }

    /// <summary>Separating axes in the plan, intervals in height.</summary>
    public bool Overlaps(in Footprint other, float margin = 0) =>
        Low < other.High && other.Low < High && !Separated(this, other, margin) && !Separated(other, this, margin);

    public bool Contains(Vector2 point, float margin)
    {
        Vector2 d = point - Centre, u = Along;
        return MathF.Abs(Vector2.Dot(d, u)) < Half.X + margin && MathF.Abs(u.X * d.Y - u.Y * d.X) < Half.Y + margin;
    }

    public bool Inside(float width, float depth)
    {
        Vector2 u = Along;
        float x = MathF.Abs(u.X) * Half.X + MathF.Abs(u.Y) * Half.Y, y = MathF.Abs(u.Y) * Half.X + MathF.Abs(u.X) * Half.Y;
        const float Slack = 1e-3f;
        return Centre.X - x >= -Slack && Centre.Y - y >= -Slack && Centre.X + x <= width + Slack && Centre.Y + y <= depth + Slack;
    }

    private static bool Separated(in Footprint a, in Footprint b, float margin)
    {
        Vector2 d = b.Centre - a.Centre, u = a.Along, v = new(-u.Y, u.X), bu = b.Along, bv = new(-bu.Y, bu.X);
        return MathF.Abs(Vector2.Dot(d, u)) > a.Half.X + MathF.Abs(Vector2.Dot(bu, u)) * b.Half.X + MathF.Abs(Vector2.Dot(bv, u)) * b.Half.Y + margin
            || MathF.Abs(Vector2.Dot(d, v)) > a.Half.Y + MathF.Abs(Vector2.Dot(bu, v)) * b.Half.X + MathF.Abs(Vector2.Dot(bv, v)) * b.Half.Y + margin;
    }
}
