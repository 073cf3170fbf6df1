using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HiCorr.Pipeline.Segmentation;

/// <summary>How unlike the two ends of an edge are. Implementations are structs, so that the loop over the edges is compiled for each.</summary>
internal interface IEdgeWeight
{
    float Between(int a, int b);
}

/// <summary>w = 1 - n_a · n_b, squared where n_b · unit(p_b - p_a) &gt; 0, because across a convex edge normals may differ more.</summary>
internal readonly struct ConvexityWeight(Vector128<float>[] points, Vector128<float>[] normals) : IEdgeWeight
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Between(int a, int b)
    {
        Vector128<float> d = points[b] - points[a], normal = normals[b];
        float weight = 1f - Vector.Dot(normals[a], normal);
        // Two points in one place give NaN here, which compares as false: not convex.
        bool convex = Vector.Dot(normal, d / Vector128.Create(MathF.Sqrt(Vector.Dot(d, d)))) > 0;
        return convex ? weight * weight : weight;
    }
}

/// <summary>Euclidean distance of two pixels' colours.</summary>
internal readonly struct ColorWeight(Vector128<float>[] pixels) : IEdgeWeight
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Between(int a, int b)
    {
        Vector128<float> d = pixels[b] - pixels[a];
        return MathF.Sqrt(Vector.Dot(d, d));
    }
}
