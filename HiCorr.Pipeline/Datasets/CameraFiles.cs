using System.Globalization;
using HiCorr.Pipeline.Formats;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Datasets;

/// <summary>Poses and intrinsics with the checks that tell a swapped or damaged file from a good one.</summary>
internal static class CameraFiles
{
    /// <summary>How far the rows of a rotation may be from orthonormal; ScanNet's poses are within 1e-5.</summary>
    private const double RotationTolerance = 0.02;

    /// <summary>The camera-to-world pose; null where it is not finite (tracking was lost).</summary>
    public static Pose? ReadPose(string path) => ToPose(MatrixText.Read4x4(path), path);

    /// <inheritdoc cref="ReadPose"/>
    public static Pose? ToPose(double[] matrix, string source)
    {
        foreach (double value in matrix) if (!double.IsFinite(value)) return null;
        if (Math.Abs(matrix[12]) + Math.Abs(matrix[13]) + Math.Abs(matrix[14]) + Math.Abs(matrix[15] - 1) > 1e-3)
            throw new InputException(source, "row 4", "0 0 0 1", Show(matrix.AsSpan(12)), "A pose is a 4x4 camera-to-world matrix, row by row");
        for (int a = 0; a < 3; a++)
            for (int b = a; b < 3; b++)
            {
                double product = matrix[4 * a] * matrix[4 * b] + matrix[4 * a + 1] * matrix[4 * b + 1] + matrix[4 * a + 2] * matrix[4 * b + 2];
                if (Math.Abs(product - (a == b ? 1 : 0)) > RotationTolerance)
                    throw new InputException(source, $"rows {a + 1} and {b + 1}", "a rotation, whose rows are orthogonal and of length 1", string.Create(CultureInfo.InvariantCulture, $"a product of {product:0.####}"));
            }
        double determinant = matrix[0] * (matrix[5] * matrix[10] - matrix[6] * matrix[9]) - matrix[1] * (matrix[4] * matrix[10] - matrix[6] * matrix[8])
            + matrix[2] * (matrix[4] * matrix[9] - matrix[5] * matrix[8]);
        return determinant > 0 ? Pose.FromRowMajor(matrix)
            : throw new InputException(source, null, "a rotation", "a reflection", "The camera's axes are x right, y down, z forward");
    }

    /// <summary>A pinhole camera whose principal point lies inside the image.</summary>
    public static Intrinsics ReadIntrinsics(string path, (int Width, int Height) image) => ToIntrinsics(MatrixText.Read4x4(path), image, path);

    /// <inheritdoc cref="ReadIntrinsics"/>
    public static Intrinsics ToIntrinsics(double[] matrix, (int Width, int Height) image, string source)
    {
        var camera = new Intrinsics(matrix[0], matrix[5], matrix[2], matrix[6]);
        if (!(camera.Fx > 0 && camera.Fy > 0) || !double.IsFinite(camera.Fx) || !double.IsFinite(camera.Fy))
            throw new InputException(source, "focal lengths (row 1 column 1, row 2 column 2)", "positive numbers", string.Create(CultureInfo.InvariantCulture, $"{camera.Fx}, {camera.Fy}"));
        if (!(camera.Cx >= 0 && camera.Cx < image.Width && camera.Cy >= 0 && camera.Cy < image.Height))
            throw new InputException(source, "principal point (column 3)", $"a point inside the image of {image.Width} x {image.Height} pixels",
                string.Create(CultureInfo.InvariantCulture, $"({camera.Cx}, {camera.Cy})"), "Intrinsics must be for the images' own size");
        return camera;
    }

    private static string Show(ReadOnlySpan<double> row) => string.Create(CultureInfo.InvariantCulture, $"{row[0]} {row[1]} {row[2]} {row[3]}");
}
