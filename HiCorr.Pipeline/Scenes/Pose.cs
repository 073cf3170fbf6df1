using MathNet.Numerics.LinearAlgebra;

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

    /// <summary>
    /// The motion that undoes this one, by elimination: recorded rotations are orthogonal to a percent or so only, and their transpose would
    /// move a point three metres away by as much as the depth test allows.
    /// </summary>
    public Pose Inverse() => FromRowMajor(Matrix<double>.Build.DenseOfRowMajor(4, 4, ToRowMajor()).Inverse().ToRowMajorArray());
}
