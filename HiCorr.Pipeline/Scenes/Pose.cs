namespace HiCorr.Pipeline.Scenes;

/// <summary>A rigid motion, rotation row by row and translation in metres: x' = R x + t.</summary>
public readonly record struct Pose(
    double R00, double R01, double R02, double Tx,
    double R10, double R11, double R12, double Ty,
    double R20, double R21, double R22, double Tz)
{
    /// <summary>The first three rows of a row-major 4x4 matrix.</summary>
    public static Pose FromRowMajor(ReadOnlySpan<double> m) =>
        new(m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8], m[9], m[10], m[11]);

    public double[] ToRowMajor() => [R00, R01, R02, Tx, R10, R11, R12, Ty, R20, R21, R22, Tz, 0, 0, 0, 1];

    public (double X, double Y, double Z) Apply(double x, double y, double z) =>
        (R00 * x + R01 * y + R02 * z + Tx, R10 * x + R11 * y + R12 * z + Ty, R20 * x + R21 * y + R22 * z + Tz);

    public bool IsFinite
    {
        get
        {
            foreach (double v in ToRowMajor()) if (!double.IsFinite(v)) return false;
            return true;
        }
    }

    /// <summary>Inverse of a rotation and translation: (Rᵀ, -Rᵀt).</summary>
    public Pose Inverse() => new(
        R00, R10, R20, -(R00 * Tx + R10 * Ty + R20 * Tz),
        R01, R11, R21, -(R01 * Tx + R11 * Ty + R21 * Tz),
        R02, R12, R22, -(R02 * Tx + R12 * Ty + R22 * Tz));
}
