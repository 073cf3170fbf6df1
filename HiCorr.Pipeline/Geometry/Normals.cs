namespace HiCorr.Pipeline.Geometry;

/// <summary>Normals of meshes and clouds.</summary>
public static partial class Normals
{
    /// <summary>
    /// Unit vertex normals as the area-weighted mean of the faces around each vertex (as CLIP2Scene prepares ScanNet);
    /// zero for vertices without a face of positive area.
    /// </summary>
    /// <param name="positions">(N, 3)</param>
    /// <param name="faces">(F, 3)</param>
    public static float[] OfMesh(ReadOnlySpan<float> positions, ReadOnlySpan<int> faces)
    {
        float[] sums = new float[positions.Length];
        for (int f = 0; f < faces.Length; f += 3)
        {
            int a = 3 * faces[f], b = 3 * faces[f + 1], c = 3 * faces[f + 2];
            float ux = positions[b] - positions[a], uy = positions[b + 1] - positions[a + 1], uz = positions[b + 2] - positions[a + 2];
            float vx = positions[c] - positions[a], vy = positions[c + 1] - positions[a + 1], vz = positions[c + 2] - positions[a + 2];
            // The cross product's length is twice the area: the weight comes for free.
            float nx = uy * vz - uz * vy, ny = uz * vx - ux * vz, nz = ux * vy - uy * vx;
            sums[a] += nx; sums[a + 1] += ny; sums[a + 2] += nz;
            sums[b] += nx; sums[b + 1] += ny; sums[b + 2] += nz;
            sums[c] += nx; sums[c + 1] += ny; sums[c + 2] += nz;
        }
        return Normalize(sums);
    }

    /// <summary>Scales every vector to length 1 in place; vectors that are zero or not finite become zero.</summary>
    /// <param name="vectors">(N, 3)</param>
    public static float[] Normalize(float[] vectors)
    {
        for (int i = 0; i < vectors.Length; i += 3)
        {
            double x = vectors[i], y = vectors[i + 1], z = vectors[i + 2];
            double length = Math.Sqrt(x * x + y * y + z * z);
            double scale = length > 0 && double.IsFinite(length) ? 1 / length : 0;
            vectors[i] = scale == 0 ? 0 : (float)(x * scale);
            vectors[i + 1] = scale == 0 ? 0 : (float)(y * scale);
            vectors[i + 2] = scale == 0 ? 0 : (float)(z * scale);
        }
        return vectors;
    }
}
