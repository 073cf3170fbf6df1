using System.Runtime.CompilerServices;

namespace HiCorr.Pipeline.Geometry;

/// <summary>Exact nearest neighbours in a cloud by a k-d tree; equal distances are ordered by point index, so results do not depend on threads.</summary>
public sealed class NearestNeighbours
{
    private const int LeafSize = 12, BlockSize = 2048;
    private readonly float[] _positions; // (N, 3)
    private readonly int[] _points; // point indices in leaf order
    private readonly float[] _ordered; // (N, 3) positions in leaf order
    private readonly float[] _splits; // (nodes) of the implicit tree
    private readonly byte[] _axes;

    /// <param name="positions">x y z per point, finite.</param>
    public NearestNeighbours(float[] positions)
    {
        _positions = positions;
        int count = positions.Length / 3;
        _points = new int[count];
        for (int i = 0; i < count; i++) _points[i] = i;
        int levels = 0;
        while ((long)LeafSize << levels < count) levels++;
        _splits = new float[(1 << levels) - 1];
        _axes = new byte[_splits.Length];
        Build(0, 0, count);
        _ordered = new float[positions.Length];
        for (int i = 0; i < count; i++) positions.AsSpan(3 * _points[i], 3).CopyTo(_ordered.AsSpan(3 * i));
    }

    /// <summary>The <paramref name="k"/> nearest other points of every point, nearest first; -1 where the cloud has fewer.</summary>
    /// <returns>Point indices. (N, k)</returns>
    public int[] FindAll(int k)
    {
        int count = _points.Length;
        int[] neighbours = new int[checked(count * k)];
        Parallel.For(0, (count + BlockSize - 1) / BlockSize, block =>
        {
            var search = new Search(this, k);
            // Points in leaf order lie near each other, which keeps the tree's path in the cache.
            for (int i = block * BlockSize; i < Math.Min(count, (block + 1) * BlockSize); i++)
                search.Run(_points[i], neighbours.AsSpan(_points[i] * k, k));
        });
        return neighbours;
    }

    /// <summary>Splits at the middle point of the longest side; the two halves of a node are fixed by counts, so that the tree needs no pointers.</summary>
    private void Build(int node, int start, int end)
    {
        if (node >= _splits.Length) return;
        Span<float> low = [float.MaxValue, float.MaxValue, float.MaxValue], high = [float.MinValue, float.MinValue, float.MinValue];
        for (int i = start; i < end; i++)
        {
            for (int a = 0; a < 3; a++)
            {
                float value = _positions[3 * _points[i] + a];
                low[a] = Math.Min(low[a], value);
                high[a] = Math.Max(high[a], value);
            }
        }
        int axis = 0;
        for (int a = 1; a < 3; a++)
            if (high[a] - low[a] > high[axis] - low[axis]) axis = a;
        int middle = (start + end) / 2;
        SelectNth(start, end - 1, middle, axis);
        _axes[node] = (byte)axis;
        _splits[node] = _positions[3 * _points[middle] + axis];
        Build(2 * node + 1, start, middle);
        Build(2 * node + 2, middle, end);
    }

    /// <summary>Hoare's selection: afterwards nothing before <paramref name="nth"/> is larger than it, and nothing behind it smaller.</summary>
    private void SelectNth(int left, int right, int nth, int axis)
    {
        while (left < right)
        {
            float pivot = _positions[3 * _points[(left + right) >>> 1] + axis];
            int i = left, j = right;
            while (i <= j)
            {
                while (_positions[3 * _points[i] + axis] < pivot) i++;
                while (_positions[3 * _points[j] + axis] > pivot) j--;
                if (i > j) break;
                (_points[i], _points[j]) = (_points[j], _points[i]);
                i++;
                j--;
            }
            if (nth <= j) right = j;
            else if (nth >= i) left = i;
            else return;
        }
    }

    /// <summary>One thread's search: the best k so far, nearest first.</summary>
    private sealed class Search(NearestNeighbours tree, int k)
    {
        private readonly float[] _distances = new float[k];
        private readonly int[] _found = new int[k];
        private int _self;
        private float _x, _y, _z;

        public void Run(int point, Span<int> result)
        {
            (_self, _x, _y, _z) = (point, tree._positions[3 * point], tree._positions[3 * point + 1], tree._positions[3 * point + 2]);
            Array.Fill(_distances, float.PositiveInfinity);
            Array.Fill(_found, -1);
            Visit(0, 0, tree._points.Length);
            _found.CopyTo(result);
        }

        private void Visit(int node, int start, int end)
        {
            if (node >= tree._splits.Length)
            {
                for (int i = start; i < end; i++) Offer(i);
                return;
            }
            int middle = (start + end) / 2;
            float offset = (tree._axes[node] switch { 0 => _x, 1 => _y, _ => _z }) - tree._splits[node];
            if (offset < 0) Visit(2 * node + 1, start, middle);
            else Visit(2 * node + 2, middle, end);
            // Equal distance still counts: the tie may go to a smaller index on the other side.
            if (offset * offset > _distances[k - 1]) return;
            if (offset < 0) Visit(2 * node + 2, middle, end);
            else Visit(2 * node + 1, start, middle);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Offer(int place)
        {
            float dx = tree._ordered[3 * place] - _x, dy = tree._ordered[3 * place + 1] - _y, dz = tree._ordered[3 * place + 2] - _z;
            float distance = dx * dx + dy * dy + dz * dz;
            if (distance > _distances[k - 1]) return;
            int point = tree._points[place];
            if (point == _self || (distance == _distances[k - 1] && (uint)point >= (uint)_found[k - 1])) return;
            int slot = k - 1;
            for (; slot > 0 && (_distances[slot - 1] > distance || (_distances[slot - 1] == distance && _found[slot - 1] > point)); slot--)
                (_distances[slot], _found[slot]) = (_distances[slot - 1], _found[slot - 1]);
            (_distances[slot], _found[slot]) = (distance, point);
        }
    }
}
