namespace HiCorr.Pipeline.Segmentation;

/// <summary>
/// Felzenszwalb and Huttenlocher's graph segmentation as the ScanNet segmentator does it: over the edges by ascending weight,
/// two segments join where w &lt;= thr(a) and w &lt;= thr(b), after which thr = w + k / size; then, over the same order, segments
/// smaller than the minimum join across every edge that leaves them. Union by rank, so that root ids are the original's.
/// </summary>
internal readonly struct GraphSegmentation
{
    /// <summary>What only roots have.</summary>
    private struct Root
    {
        public int Size, Rank;
        public float Threshold;
    }

    // Apart from the roots, so that the search for a root, most of the work, stays in the near cache.
    private readonly int[] _parents;
    private readonly Root[] _roots;

    private GraphSegmentation(int vertexCount, float threshold)
    {
        _parents = new int[vertexCount];
        _roots = new Root[vertexCount];
        for (int v = 0; v < vertexCount; v++)
        {
            _parents[v] = v;
            _roots[v] = new Root { Size = 1, Threshold = threshold };
        }
    }

    /// <param name="vertexCount">Vertices of the graph.</param>
    /// <param name="edges">Its edges.</param>
    /// <param name="sorted">What <see cref="EdgeList.SortByWeight"/> made of them; overwritten.</param>
    /// <param name="options">Threshold and minimum size.</param>
    /// <returns>Root vertex per vertex.</returns>
    public static int[] Segment(int vertexCount, EdgeList edges, ulong[] sorted, SegmentationOptions options)
    {
        var graph = new GraphSegmentation(vertexCount, options.Threshold);
        int rejected = graph.JoinAlike(edges, sorted, options.Threshold);
        graph.JoinSmall(edges, new ReadOnlySpan<ulong>(sorted, 0, rejected), options.MinVertices);
        for (int v = 0; v < vertexCount; v++) graph._parents[v] = graph.Find(v);
        return graph._parents;
    }

    /// <summary>An edge inside a segment stays inside: only those that fail the test can matter later, and move to the front.</summary>
    /// <returns>How many those are.</returns>
    private int JoinAlike(EdgeList edges, ulong[] sorted, float threshold)
    {
        Root[] roots = _roots;
        int rejected = 0;
        foreach (ulong edge in sorted)
        {
            int first = 2 * EdgeList.IndexOf(edge), a = Find(edges.Ends[first]), b = Find(edges.Ends[first + 1]);
            if (a == b) continue;
            float weight = EdgeList.WeightOf(edge);
            if (weight <= roots[a].Threshold && weight <= roots[b].Threshold)
            {
                int root = Join(a, b);
                roots[root].Threshold = weight + threshold / roots[root].Size;
            }
            else
            {
                sorted[rejected++] = edge;
            }
        }
        return rejected;
    }

    private void JoinSmall(EdgeList edges, ReadOnlySpan<ulong> sorted, int minVertices)
    {
        foreach (ulong edge in sorted)
        {
            int first = 2 * EdgeList.IndexOf(edge), a = Find(edges.Ends[first]), b = Find(edges.Ends[first + 1]);
            if (a != b && (_roots[a].Size < minVertices || _roots[b].Size < minVertices)) Join(a, b);
        }
    }

    /// <summary>Halves the path on the way; the root does not depend on it.</summary>
    private int Find(int vertex)
    {
        int[] parents = _parents;
        int parent = parents[vertex];
        while (parent != vertex)
        {
            int grandparent = parents[parent];
            parents[vertex] = grandparent;
            vertex = grandparent;
            parent = parents[vertex];
        }
        return vertex;
    }

    private int Join(int a, int b)
    {
        if (_roots[a].Rank > _roots[b].Rank) (a, b) = (b, a);
        else if (_roots[a].Rank == _roots[b].Rank) _roots[b].Rank++;
        _parents[a] = b;
        _roots[b].Size += _roots[a].Size;
        return b;
    }
}
