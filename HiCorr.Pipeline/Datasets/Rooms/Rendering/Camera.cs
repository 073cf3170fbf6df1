using System.Numerics;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Datasets.Rooms.Rendering;

/// <summary>A posed pinhole camera: axes x right, y down, z forward.</summary>
internal readonly record struct Camera(Vector3 Eye, Vector3 Right, Vector3 Down, Vector3 Forward, int Width, int Height, float Focal)
{
    public float Cx => (Width - 1) / 2f;

    public float Cy => (Height - 1) / 2f;

    public Intrinsics Intrinsics => new(Focal, Focal, Cx, Cy);

    public Pose Pose => new(Right.X, Down.X, Forward.X, Eye.X, Right.Y, Down.Y, Forward.Y, Eye.Y, Right.Z, Down.Z, Forward.Z, Eye.Z);

    /// <param name="fieldOfView">Horizontal, radians.</param>
    /// <param name="roll">Turn around the viewing axis, radians.</param>
    public static Camera LookAt(Vector3 eye, Vector3 target, int width, int height, float fieldOfView, float roll = 0)
    {
        Vector3 forward = Vector3.Normalize(target - eye);
        Vector3 up = MathF.Abs(forward.Z) > 0.999f ? Vector3.UnitY : Vector3.UnitZ;
        Vector3 right = Vector3.Normalize(Vector3.Cross(forward, up));
        Vector3 down = Vector3.Cross(forward, right);
        (float sin, float cos) = MathF.SinCos(roll);
        return new Camera(eye, right * cos + down * sin, down * cos - right * sin, forward, width, height, width / 2f / MathF.Tan(fieldOfView / 2));
    }

    /// <summary>The place in camera coordinates.</summary>
    public Vector3 ToCamera(Vector3 world)
    {
        Vector3 d = world - Eye;
        return new Vector3(Vector3.Dot(d, Right), Vector3.Dot(d, Down), Vector3.Dot(d, Forward));
    }
}
