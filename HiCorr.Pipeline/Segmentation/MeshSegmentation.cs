using System.Runtime.InteropServices;

namespace HiCorr.Pipeline.Segmentation;

/// <summary>
/// Over-segments a mesh by its normals with the arithmetic of ScanNet's Segmentator: single precision, vertex normals as the
/// running mean of face normals in file order without renormalising, three edges a face with those of neighbouring faces twice.
/// w = 1 - n_a · n_b, squared where n_b · (p_b - p_a) > 0 (convex). The partition is the original's up to the order of equal
/// weights, which its unstable sort leaves open; here they keep the order of the file.
/// </summary>
public static class MeshSegmentation
{
    private readonly record struct Vector(float X, float Y, float Z)
    {
        public static Vector operator -(Vector a, Vector b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z);

        public float Dot(Vector b) => X * b.X + Y * b.Y + Z * b.Z;
    }

    /// <param name="positions">x y z per vertex.</param>
    /// <param name="faces">Three vertex indices per face, each below the number of vertices.</param>
    /// <param name="options">Threshold and minimum size.</param>
    /// <returns>Segment id per vertex: the index of the segment's root vertex, as the original numbers them.</returns>
    public static int[] Segment(ReadOnlySpan<float> positions, ReadOnlySpan<int> faces, SegmentationOptions options)
    {
        ReadOnlySpan<Vector> points = MemoryMarshal.Cast<float, Vector>(positions);
        Vector[] normals = VertexNormals(points, faces);
        var edges = new EdgeList(faces.Length);
        for (int f = 0; f < faces.Length; f += 3)
        {
            int i1 = faces[f], i2 = faces[f + 1], i3 = faces[f + 2];
            Set(edges, f, i1, i2, points, normals);
            Set(edges, f + 1, i1, i3, points, normals);
            Set(edges, f + 2, i3, i2, points, normals);
        }
        return GraphSegmentation.Segment(points.Length, edges, options);
    }

    private static Vector[] VertexNormals(ReadOnlySpan<Vector> points, ReadOnlySpan<int> faces)
    {
        Vector[] normals = new Vector[points.Length];
        int[] counts = new int[points.Length];
        for (int f = 0; f < faces.Length; f += 3)
        {
            Vector origin = points[faces[f]], u = points[faces[f + 1]] - origin, v = points[faces[f + 2]] - origin;
            float x = u.Y * v.Z - u.Z * v.Y, y = u.Z * v.X - u.X * v.Z, z = u.X * v.Y - u.Y * v.X;
            float length = MathF.Sqrt(x * x + y * y + z * z);
            // A face without area has no normal; the original divides by zero and poisons its vertices with NaN.
            if (!(length > 0)) continue;
            var normal = new Vector(x / length, y / length, z / length);
            for (int corner = 0; corner < 3; corner++)
            {
                int vertex = faces[f + corner];
                float share = 1f / (counts[vertex]++ + 1f), rest = 1f - share;
                Vector mean = normals[vertex];
                normals[vertex] = new Vector(share * normal.X + rest * mean.X, share * normal.Y + rest * mean.Y, share * normal.Z + rest * mean.Z);
            }
        }
        return normals;
    }

    private static void Set(EdgeList edges, int edge, int a, int b, ReadOnlySpan<Vector> points, Vector[] normals)
    {
        edges.A[edge] = a;
        edges.B[edge] = b;
        edges.Weights[edge] = Weight(points[a], points[b], normals[a], normals[b]);
    }

    private static float Weight(Vector pa, Vector pb, Vector na, Vector nb)
    {
        Vector d = pb - pa;
        float length = MathF.Sqrt(d.Dot(d));
        var direction = new Vector(d.X / length, d.Y / length, d.Z / length);
        float weight = 1f - na.Dot(nb);
        // False for the NaN of two vertices in one place, as in the original.
        return nb.Dot(direction) > 0 ? weight * weight : weight;
    }
}
