using System.Numerics;

namespace HiCorr.Pipeline.Reports;

/// <summary>From where a cloud is looked at.</summary>
public enum ViewKind
{
    /// <summary>Straight down, without perspective.</summary>
    BirdsEye,

    /// <summary>From above one corner, with perspective.</summary>
    Oblique,
}

/// <summary>A camera around a scene: world to (right, down, depth), then to pixels.</summary>
internal sealed class CloudView
{
    private const float ObliquePitch = 42 * MathF.PI / 180, ObliqueYaw = 35 * MathF.PI / 180, FieldOfView = 40 * MathF.PI / 180, Margin = 0.96f;

    private readonly Vector3 _right, _down, _forward, _eye;
    private readonly bool _perspective;
    private float _scale, _centerX, _centerY;

    /// <summary>Places the camera so that every visible point is in the picture.</summary>
    public CloudView(ViewKind kind, Vector3 up, ReadOnlySpan<Vector3> points, int width, int height)
    {
        Width = width;
        Height = height;
        _perspective = kind == ViewKind.Oblique;
        // Any two directions across up will do; the first axis that is not up itself keeps the recording's own.
        Vector3 east = Vector3.Normalize(Vector3.Cross(MathF.Abs(up.Y) < 0.9f ? Vector3.UnitY : -Vector3.UnitZ, up)), north = Vector3.Cross(up, east);
        (float pitch, float yaw) = _perspective ? (ObliquePitch, ObliqueYaw) : (MathF.PI / 2, 0);
        Vector3 ahead = MathF.Sin(yaw) * east + MathF.Cos(yaw) * north;
        _right = MathF.Cos(yaw) * east - MathF.Sin(yaw) * north;
        _forward = MathF.Cos(pitch) * ahead - MathF.Sin(pitch) * up;
        _down = Vector3.Cross(_forward, _right);

        (Vector3 low, Vector3 high) = Bounds(points);
        Vector3 center = (low + high) / 2;
        float distance = Math.Max(1e-3f, (high - low).Length() / 2) / MathF.Sin(FieldOfView / 2);
        _eye = center - distance * _forward;
        Fit(points);
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Direction from the eye to a point: normals along it face away.</summary>
    public Vector3 RayTo(Vector3 point) => _perspective ? point - _eye : _forward;

    /// <summary>Column, row and depth; depth grows away from the eye.</summary>
    public Vector3 Project(Vector3 point)
    {
        Vector3 camera = ToCamera(point);
        return new Vector3(_centerX + _scale * camera.X, _centerY + _scale * camera.Y, camera.Z);
    }

    /// <summary>Pixels per metre at a depth.</summary>
    public float PixelsPerMetre(float depth) => _perspective ? _scale / depth : _scale;

    private Vector3 ToCamera(Vector3 point)
    {
        Vector3 d = point - _eye;
        var camera = new Vector3(Vector3.Dot(d, _right), Vector3.Dot(d, _down), Vector3.Dot(d, _forward));
        return _perspective ? camera with { X = camera.X / camera.Z, Y = camera.Y / camera.Z } : camera;
    }

    private void Fit(ReadOnlySpan<Vector3> points)
    {
        Vector2 low = new(float.MaxValue), high = new(float.MinValue);
        foreach (Vector3 point in points)
        {
            Vector3 camera = ToCamera(point);
            low = Vector2.Min(low, new Vector2(camera.X, camera.Y));
            high = Vector2.Max(high, new Vector2(camera.X, camera.Y));
        }
        if (points.IsEmpty) (low, high) = (Vector2.Zero, Vector2.One);
        Vector2 size = Vector2.Max(high - low, new Vector2(1e-6f));
        _scale = Margin * Math.Min(Width / size.X, Height / size.Y);
        _centerX = Width / 2f - _scale * (low.X + high.X) / 2;
        _centerY = Height / 2f - _scale * (low.Y + high.Y) / 2;
    }

    private static (Vector3 Low, Vector3 High) Bounds(ReadOnlySpan<Vector3> points)
    {
        if (points.IsEmpty) return (Vector3.Zero, Vector3.One);
        Vector3 low = points[0], high = points[0];
        foreach (Vector3 point in points)
        {
            low = Vector3.Min(low, point);
            high = Vector3.Max(high, point);
        }
        return (low, high);
    }
}
