namespace HiCorr.Pipeline.Evaluation.Noise;

/// <summary>
/// How far the views of a point agree. With n_pc labels c on point p and n_p = Σ_c n_pc, over the points with n_p of two or more.
/// Two views that err independently contradict each other; errors that all views share are left by every vote.
/// </summary>
public sealed class ViewAgreement
{
    private long _points, _pairs, _samePairs, _labels, _majority, _unanimous, _unanimousWrong, _someRight;

    /// <summary>Points that two or more views label.</summary>
    public long Points => _points;

    /// <summary>Σ_p Σ_c n_pc (n_pc - 1) / Σ_p n_p (n_p - 1): of two views of one point, how often both say the same.</summary>
    public double PairAgreement => Share(_samePairs, _pairs);

    /// <summary>Σ_p max_c n_pc / Σ_p n_p: of the labels, the share that is its point's majority (as <see cref="Labels.ViewVote.Agreement"/>).</summary>
    public double MajorityShare => Share(_majority, _labels);

    /// <summary>Share of the points whose views all say the same.</summary>
    public double Unanimous => Share(_unanimous, _points);

    /// <summary>Of those, the share that is wrong: what more views do not mend.</summary>
    public double UnanimousWrong => Share(_unanimousWrong, _unanimous);

    /// <summary>Share of the points that at least one view labels right: the ceiling of every choice among the views.</summary>
    public double SomeRight => Share(_someRight, _points);

    /// <summary>Adds the labels of one scene.</summary>
    /// <param name="points">Point index of each label.</param>
    /// <param name="labels">Class indices.</param>
    /// <param name="right">Whether each label is its point's ground truth.</param>
    public void AddScene(ReadOnlySpan<int> points, ReadOnlySpan<byte> labels, ReadOnlySpan<bool> right)
    {
        // Equal (point, label) stand together, and all of a point, when sorted; the last bit says whether the label is right.
        long[] keys = new long[points.Length];
        for (int i = 0; i < keys.Length; i++) keys[i] = (long)points[i] << 9 | (long)labels[i] << 1 | (right[i] ? 1L : 0);
        Array.Sort(keys);
        for (int start = 0, end; start < keys.Length; start = end)
        {
            long point = keys[start] >> 9, same = 0;
            int largest = 0;
            bool someRight = false;
            for (end = start; end < keys.Length && keys[end] >> 9 == point;)
            {
                int first = end;
                while (end < keys.Length && keys[end] == keys[first]) end++;
                long count = end - first;
                same += count * (count - 1);
                largest = Math.Max(largest, end - first);
                someRight |= (keys[first] & 1) != 0;
            }
            Count(end - start, largest, same, someRight);
        }
    }

    private void Count(int views, int largest, long samePairs, bool someRight)
    {
        if (views < 2) return;
        _points++;
        _pairs += (long)views * (views - 1);
        _samePairs += samePairs;
        _labels += views;
        _majority += largest;
        if (someRight) _someRight++;
        if (largest < views) return;
        _unanimous++;
        if (!someRight) _unanimousWrong++;
    }

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
