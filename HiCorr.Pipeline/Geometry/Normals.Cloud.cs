namespace HiCorr.Pipeline.Geometry;

public static partial class Normals
{
    /// <summary>Nearest points that make up a surface in clouds as dense as fused depth.</summary>
    public const int CloudNeighbours = 16;

    private const int BlockSize = 4096;

    /// <summary>
    /// Unit normals of a cloud without faces: the direction of least variance (PCA) of each point and its nearest neighbours, turned
    /// towards the nearest viewpoint, or away from the cloud's centre without viewpoints; zero where the neighbours coincide.
    /// </summary>
    /// <param name="positions">(N, 3)</param>
    /// <param name="neighbours">How many nearest points make up a surface.</param>
    /// <param name="viewpoints">Camera centres. (V, 3)</param>
    public static float[] OfCloud(float[] positions, int neighbours, float[] viewpoints)
    {
        int count = positions.Length / 3;
        int[] nearest = new NearestNeighbours(positions).FindAll(neighbours);
        (double X, double Y, double Z) centre = Centre(positions);
        float[] normals = new float[positions.Length];
        Parallel.For(0, (count + BlockSize - 1) / BlockSize, block =>
        {
            for (int i = block * BlockSize; i < Math.Min(count, (block + 1) * BlockSize); i++)
            {
                (double x, double y, double z) = LeastVariance(positions, i, nearest.AsSpan(i * neighbours, neighbours));
                (double tx, double ty, double tz) = Towards(positions.AsSpan(3 * i, 3), viewpoints, centre);
                double sign = x * tx + y * ty + z * tz < 0 ? -1 : 1;
                (normals[3 * i], normals[3 * i + 1], normals[3 * i + 2]) = ((float)(sign * x), (float)(sign * y), (float)(sign * z));
            }
        });
        return normals;
    }

    /// <summary>The middle of a cloud's bounding box: for a room of unknown cameras the viewpoint that sees most surfaces from their outside. (1, 3)</summary>
    public static float[] Middle(ReadOnlySpan<float> positions)
    {
        float[] low = [float.MaxValue, float.MaxValue, float.MaxValue], high = [float.MinValue, float.MinValue, float.MinValue];
        for (int i = 0; i < positions.Length; i++)
            (low[i % 3], high[i % 3]) = (MathF.Min(low[i % 3], positions[i]), MathF.Max(high[i % 3], positions[i]));
        return [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2];
    }

    /// <summary>Where the outside of a surface at <paramref name="point"/> lies.</summary>
    private static (double X, double Y, double Z) Towards(ReadOnlySpan<float> point, float[] viewpoints, (double X, double Y, double Z) centre)
    {
        (double X, double Y, double Z) best = (point[0] - centre.X, point[1] - centre.Y, point[2] - centre.Z);
        double nearest = double.PositiveInfinity;
        for (int v = 0; v < viewpoints.Length; v += 3)
        {
            double x = viewpoints[v] - point[0], y = viewpoints[v + 1] - point[1], z = viewpoints[v + 2] - point[2];
            double distance = x * x + y * y + z * z;
            if (distance >= nearest) continue;
            nearest = distance;
            best = (x, y, z);
        }
        return best;
    }

    private static (double X, double Y, double Z) Centre(float[] positions)
    {
        double x = 0, y = 0, z = 0;
        for (int i = 0; i < positions.Length; i += 3)
        {
            x += positions[i];
            y += positions[i + 1];
            z += positions[i + 2];
        }
        int count = Math.Max(1, positions.Length / 3);
        return (x / count, y / count, z / count);
    }

    /// <summary>Unit eigenvector of the smallest eigenvalue of the covariance of a point and its neighbours.</summary>
    private static (double X, double Y, double Z) LeastVariance(float[] positions, int point, ReadOnlySpan<int> neighbours)
    {
        // Differences to the point itself keep the products small and exact.
        double sx = 0, sy = 0, sz = 0, xx = 0, xy = 0, xz = 0, yy = 0, yz = 0, zz = 0;
        int count = 1;
        foreach (int neighbour in neighbours)
        {
            if (neighbour < 0) break;
            double x = (double)positions[3 * neighbour] - positions[3 * point], y = (double)positions[3 * neighbour + 1] - positions[3 * point + 1],
                z = (double)positions[3 * neighbour + 2] - positions[3 * point + 2];
            sx += x; sy += y; sz += z;
            xx += x * x; xy += x * y; xz += x * z; yy += y * y; yz += y * z; zz += z * z;
            count++;
        }
        return SmallestEigenvector(xx - sx * sx / count, xy - sx * sy / count, xz - sx * sz / count, yy - sy * sy / count, yz - sy * sz / count, zz - sz * sz / count);
    }

    /// <summary>Closed form for a symmetric 3x3 matrix (trigonometric solution of its characteristic polynomial).</summary>
    private static (double X, double Y, double Z) SmallestEigenvector(double xx, double xy, double xz, double yy, double yz, double zz)
    {
        double scale = Math.Max(xx, Math.Max(yy, zz));
        if (!(scale > 0)) return (0, 0, 0);
        xx /= scale; xy /= scale; xz /= scale; yy /= scale; yz /= scale; zz /= scale;
        double mean = (xx + yy + zz) / 3;
        double a = xx - mean, b = yy - mean, c = zz - mean;
        double spread = Math.Sqrt((a * a + b * b + c * c + 2 * (xy * xy + xz * xz + yz * yz)) / 6);
        if (spread < 1e-12) return (0, 0, 0);
        double determinant = a * (b * c - yz * yz) - xy * (xy * c - yz * xz) + xz * (xy * yz - b * xz);
        double angle = Math.Acos(Math.Clamp(determinant / (2 * spread * spread * spread), -1, 1)) / 3;
        double smallest = mean + 2 * spread * Math.Cos(angle + 2 * Math.PI / 3);

        // Rows of A - smallest*I span the plane across the eigenvector: the longest cross product of two is the steadiest.
        double ax = xx - smallest, by = yy - smallest, cz = zz - smallest;
        (double X, double Y, double Z) u = Cross(ax, xy, xz, xy, by, yz), v = Cross(ax, xy, xz, xz, yz, cz), w = Cross(xy, by, yz, xz, yz, cz);
        double lu = Square(u), lv = Square(v), lw = Square(w);
        (double X, double Y, double Z) best = lu >= lv && lu >= lw ? u : lv >= lw ? v : w;
        double length = Math.Sqrt(Math.Max(lu, Math.Max(lv, lw)));
        // Points on a line leave the normal open; the angle's rounding near a double eigenvalue is about 1e-8.
        return length > 1e-6 ? (best.X / length, best.Y / length, best.Z / length) : (0, 0, 0);
    }

    private static (double X, double Y, double Z) Cross(double ax, double ay, double az, double bx, double by, double bz) =>
        (ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx);

    private static double Square((double X, double Y, double Z) v) => v.X * v.X + v.Y * v.Y + v.Z * v.Z;
}
