namespace HiCorr.Pipeline.Segmentation;

/// <summary>Three floats in single-precision arithmetic, one operation after the other: System.Numerics.Vector3 may sum in another order.</summary>
internal readonly record struct Vector(float X, float Y, float Z)
{
    public static Vector operator -(Vector a, Vector b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z);

    public float Dot(Vector b) => X * b.X + Y * b.Y + Z * b.Z;

    public static Vector Cross(Vector a, Vector b) => new(a.Y * b.Z - a.Z * b.Y, a.Z * b.X - a.X * b.Z, a.X * b.Y - a.Y * b.X);
}
