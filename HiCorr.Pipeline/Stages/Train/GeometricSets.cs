using HiCorr.Native.Random;
using HiCorr.Pipeline.Segmentation;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>
/// The geometric consistency sets G_k of a scene, to draw points from (HICL Sec. 3.2): of M points, M_k = M N_k / N come from set k of N_k points,
/// rounded by largest remainders so that they add up to M (ours), without replacement.
/// </summary>
internal sealed class GeometricSets
{
    private readonly int[] _starts; // (sets + 1)
    private readonly int[] _points; // (N), set by set

    public GeometricSets(Segments segments)
    {
        _starts = new int[segments.Count + 1];
        foreach (int set in segments.Ids) _starts[set + 1]++;
        for (int set = 0; set < segments.Count; set++) _starts[set + 1] += _starts[set];
        _points = new int[segments.Ids.Length];
        int[] next = _starts[..segments.Count];
        for (int point = 0; point < _points.Length; point++) _points[next[segments.Ids[point]]++] = point;
    }

    public int Count => _starts.Length - 1;

    /// <summary>M_k for every set; they add up to M, or to N where the scene has fewer points.</summary>
    public int[] Shares(int points)
    {
        long total = _points.Length, wanted = Math.Min(points, total);
        int[] shares = new int[Count];
        var remainders = new (long Remainder, int Set)[Count];
        long given = 0;
        for (int set = 0; set < Count; set++)
        {
            long exact = wanted * (_starts[set + 1] - _starts[set]);
            shares[set] = (int)(exact / total);
            remainders[set] = (-(exact % total), set);
            given += shares[set];
        }
        Array.Sort(remainders);
        for (int i = 0; given < wanted; i++, given++) shares[remainders[i].Set]++;
        return shares;
    }

    /// <summary>Draws points, set by set, from the counters below their number.</summary>
    public int[] Draw(int points, CounterRandom random)
    {
        int[] shares = Shares(points), drawn = new int[shares.Sum()];
        int count = 0;
        var chosen = new HashSet<int>();
        for (int set = 0; set < Count; set++)
        {
            // Floyd's sampling: as many random numbers as points, whatever the set's size.
            int size = _starts[set + 1] - _starts[set];
            chosen.Clear();
            for (int last = size - shares[set]; last < size; last++)
            {
                int at = random.Integer((ulong)count, last + 1);
                if (!chosen.Add(at)) chosen.Add(at = last);
                drawn[count++] = _points[_starts[set] + at];
            }
        }
        return drawn;
    }
}
