namespace HiCorr.Tests.Segmentation;

/// <summary>The ScanNet segmentator's rules written out without any speed-up, to check the fast version against.</summary>
internal static class PlainSegmentation
{
    private sealed record Edge(int A, int B, float Weight);

    public static int[] Segment(float[] positions, int[] faces, float k, int minVertices)
    {
        int count = positions.Length / 3;
        float[][] points = [.. Enumerable.Range(0, count).Select(v => positions[(3 * v)..(3 * v + 3)])];
        float[][] normals = [.. points.Select(_ => new float[3])];
        int[] seen = new int[count];
        var pairs = new List<(int A, int B)>();
        foreach (int[] face in faces.Chunk(3))
        {
            float[] u = Minus(points[face[1]], points[face[0]]), v = Minus(points[face[2]], points[face[0]]);
            float[] n = Unit([u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]);
            foreach (int vertex in face)
            {
                float share = 1f / (seen[vertex] + 1f);
                normals[vertex] = [.. normals[vertex].Zip(n, (mean, value) => share * value + (1f - share) * mean)];
                seen[vertex]++;
            }
            pairs.AddRange([(face[0], face[1]), (face[0], face[2]), (face[2], face[1])]);
        }
        Edge[] edges = [.. pairs.Select(pair => new Edge(pair.A, pair.B, Weight(pair.A, pair.B))).OrderBy(edge => edge.Weight)];

        int[] parent = [.. Enumerable.Range(0, count)], rank = new int[count], size = [.. Enumerable.Repeat(1, count)];
        float[] threshold = [.. Enumerable.Repeat(k, count)];
        foreach (Edge edge in edges)
        {
            int a = Root(edge.A), b = Root(edge.B);
            if (a == b || edge.Weight > threshold[a] || edge.Weight > threshold[b]) continue;
            Join(a, b);
            threshold[Root(a)] = edge.Weight + k / size[Root(a)];
        }
        foreach (Edge edge in edges)
        {
            int a = Root(edge.A), b = Root(edge.B);
            if (a != b && (size[a] < minVertices || size[b] < minVertices)) Join(a, b);
        }
        return [.. Enumerable.Range(0, count).Select(Root)];

        float Weight(int a, int b)
        {
            float weight = 1f - Dot(normals[a], normals[b]);
            return Dot(normals[b], Unit(Minus(points[b], points[a]))) > 0 ? weight * weight : weight;
        }

        int Root(int vertex) => parent[vertex] == vertex ? vertex : Root(parent[vertex]);

        void Join(int a, int b)
        {
            (int child, int root) = rank[a] > rank[b] ? (b, a) : (a, b);
            if (rank[a] == rank[b]) rank[root]++;
            parent[child] = root;
            size[root] += size[child];
        }
    }

    private static float[] Minus(float[] a, float[] b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];

    private static float Dot(float[] a, float[] b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

    private static float[] Unit(float[] v)
    {
        float length = MathF.Sqrt(Dot(v, v));
        return [v[0] / length, v[1] / length, v[2] / length];
    }
}
