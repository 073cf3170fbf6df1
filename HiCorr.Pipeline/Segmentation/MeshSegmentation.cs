using System.Runtime.Intrinsics;

namespace HiCorr.Pipeline.Segmentation;

/// <summary>
/// Over-segments a mesh by its normals with the arithmetic of ScanNet's Segmentator: single precision, vertex normals as the
/// running mean of face normals in file order without renormalising, three edges a face with those of neighbouring faces twice.
/// w = 1 - n_a · n_b, squared where n_b · (p_b - p_a) > 0 (convex). The partition is the original's up to the order of equal
/// weights, which its unstable sort leaves open; here they keep the order of the file.
/// </summary>
public static class MeshSegmentation
{
    /// <param name="positions">x y z per vertex.</param>
    /// <param name="faces">Three vertex indices per face, each below the number of vertices.</param>
    /// <param name="options">Threshold and minimum size.</param>
    /// <returns>Segment id per vertex: the index of the segment's root vertex, as the original numbers them.</returns>
    public static int[] Segment(ReadOnlySpan<float> positions, ReadOnlySpan<int> faces, SegmentationOptions options)
    {
        int[] ends = new int[2 * faces.Length];
        for (int f = 0; f < faces.Length; f += 3)
        {
            int a = faces[f], b = faces[f + 1], c = faces[f + 2];
            (ends[2 * f], ends[2 * f + 1]) = (a, b);
            (ends[2 * f + 2], ends[2 * f + 3]) = (a, c);
            (ends[2 * f + 4], ends[2 * f + 5]) = (c, b);
        }
        var edges = new EdgeList(ends);
        Vector128<float>[] points = Vector.Pack(positions);
        return GraphSegmentation.Segment(points.Length, edges, edges.SortByWeight(new ConvexityWeight(points, VertexNormals(points, faces))), options);
    }

    private static Vector128<float>[] VertexNormals(Vector128<float>[] points, ReadOnlySpan<int> faces)
    {
        var normals = new Vector128<float>[points.Length];
        int[] counts = new int[points.Length];
        for (int f = 0; f < faces.Length; f += 3)
        {
            Vector128<float> origin = points[faces[f]];
            Vector128<float> normal = Vector.Cross(points[faces[f + 1]] - origin, points[faces[f + 2]] - origin);
            float length = MathF.Sqrt(Vector.Dot(normal, normal));
            // A face without area has no normal; the original divides by zero and poisons its vertices with NaN.
            if (!(length > 0 && length < float.PositiveInfinity)) continue;
            normal /= Vector128.Create(length);
            for (int corner = 0; corner < 3; corner++)
            {
                int vertex = faces[f + corner];
                float share = 1f / (counts[vertex]++ + 1f), rest = 1f - share;
                normals[vertex] = Vector128.Create(share) * normal + Vector128.Create(rest) * normals[vertex];
            }
        }
        return normals;
    }
}
