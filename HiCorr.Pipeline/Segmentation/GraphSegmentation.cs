namespace HiCorr.Pipeline.Segmentation;

/// <summary>
/// Felzenszwalb and Huttenlocher's graph segmentation as the ScanNet segmentator does it: over the edges by ascending weight,
/// two segments join where w &lt;= thr(a) and w &lt;= thr(b), after which thr = w + k / size; then, over the same order, segments
/// smaller than the minimum join across every edge that leaves them. Union by rank, so that root ids are the original's.
/// </summary>
internal static class GraphSegmentation
{
    private struct Node
    {
        public int Parent, Size, Rank;
        public float Threshold;
    }

    /// <param name="vertexCount">Vertices of the graph.</param>
    /// <param name="edges">Its edges.</param>
    /// <param name="sorted">What <see cref="EdgeList.SortByWeight"/> made of them; overwritten.</param>
    /// <param name="options">Threshold and minimum size.</param>
    /// <returns>Root vertex per vertex.</returns>
    public static int[] Segment(int vertexCount, EdgeList edges, ulong[] sorted, SegmentationOptions options)
    {
        Node[] nodes = new Node[vertexCount];
        for (int v = 0; v < nodes.Length; v++) nodes[v] = new Node { Parent = v, Size = 1, Threshold = options.Threshold };

        // An edge inside a segment stays inside: only those that failed the test can matter to the second pass.
        int rejected = 0;
        foreach (ulong edge in sorted)
        {
            (int a, int b) = Roots(nodes, edges, edge);
            if (a == b) continue;
            float weight = EdgeList.WeightOf(edge);
            if (weight <= nodes[a].Threshold && weight <= nodes[b].Threshold)
            {
                int root = Join(nodes, a, b);
                nodes[root].Threshold = weight + options.Threshold / nodes[root].Size;
            }
            else
            {
                sorted[rejected++] = edge;
            }
        }
        foreach (ulong edge in sorted.AsSpan(0, rejected))
        {
            (int a, int b) = Roots(nodes, edges, edge);
            if (a != b && (nodes[a].Size < options.MinVertices || nodes[b].Size < options.MinVertices)) Join(nodes, a, b);
        }

        int[] roots = new int[vertexCount];
        for (int v = 0; v < roots.Length; v++) roots[v] = Find(nodes, v);
        return roots;
    }

    private static (int A, int B) Roots(Node[] nodes, EdgeList edges, ulong edge)
    {
        int first = 2 * EdgeList.IndexOf(edge);
        return (Find(nodes, edges.Ends[first]), Find(nodes, edges.Ends[first + 1]));
    }

    /// <summary>Halves the path on the way; the root does not depend on it.</summary>
    private static int Find(Node[] nodes, int vertex)
    {
        int parent = nodes[vertex].Parent;
        while (parent != vertex)
        {
            int grandparent = nodes[parent].Parent;
            nodes[vertex].Parent = grandparent;
            vertex = grandparent;
            parent = nodes[vertex].Parent;
        }
        return vertex;
    }

    private static int Join(Node[] nodes, int a, int b)
    {
        if (nodes[a].Rank > nodes[b].Rank) (a, b) = (b, a);
        else if (nodes[a].Rank == nodes[b].Rank) nodes[b].Rank++;
        nodes[a].Parent = b;
        nodes[b].Size += nodes[a].Size;
        return b;
    }
}
