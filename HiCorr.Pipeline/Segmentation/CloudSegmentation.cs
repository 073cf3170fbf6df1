using HiCorr.Pipeline.Geometry;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Segmentation;

/// <summary>
/// Over-segments a cloud without faces: the segmentation of <see cref="MeshSegmentation"/> on the graph of each point's nearest
/// neighbours, with the same weights from the cloud's own normals. A pair that is near both ways is one edge, seen from its
/// smaller index; unlike a mesh, a cloud has no second copy of it.
/// </summary>
public static class CloudSegmentation
{
    /// <param name="cloud">Points with unit normals; a point without one only joins others as part of a segment that is too small.</param>
    /// <param name="options">Threshold, minimum size and neighbours.</param>
    /// <returns>Segment id per point: the index of the segment's root point.</returns>
    public static int[] Segment(PointCloud cloud, SegmentationOptions options)
    {
        int neighbours = options.Neighbours;
        int[] near = new NearestNeighbours(cloud.Positions).FindAll(neighbours);
        int[] ends = new int[2 * CountEdges(near, neighbours)];
        int next = 0;
        for (int a = 0; a < cloud.Count; a++)
        {
            foreach (int b in near.AsSpan(a * neighbours, neighbours))
            {
                if (!IsEdge(near, neighbours, a, b)) continue;
                ends[next++] = Math.Min(a, b);
                ends[next++] = Math.Max(a, b);
            }
        }
        var edges = new EdgeList(ends);
        return GraphSegmentation.Segment(cloud.Count, edges, edges.SortByWeight(new ConvexityWeight(Vector.Pack(cloud.Positions), Vector.Pack(cloud.Normals))), options);
    }

    private static int CountEdges(int[] near, int neighbours)
    {
        int count = 0;
        for (int i = 0; i < near.Length; i++)
            if (IsEdge(near, neighbours, i / neighbours, near[i])) count++;
        return count;
    }

    /// <summary>Every near pair once: where both name each other, the larger index leaves it to the smaller.</summary>
    private static bool IsEdge(int[] near, int neighbours, int a, int b) =>
        b >= 0 && (a < b || !near.AsSpan(b * neighbours, neighbours).Contains(a));
}
