namespace HiCorr.Pipeline.Labels;

/// <summary>Where the labels of a segment vote together.</summary>
public enum RefinementScope
{
    /// <summary>Nowhere: labels stay as they are.</summary>
    None,

    /// <summary>Inside one frame: HICL's per-image vote.</summary>
    View,

    /// <summary>Over all frames of the scene.</summary>
    Scene,
}

/// <summary>
/// Intra-set label refinement (HICL Sec. 3.2): the labels of a frame on the points of one segment, a geometric consistency set,
/// are replaced by their mode; of equals the smallest class index.
/// </summary>
public static class LabelRefinement
{
    /// <param name="pairs">Pairs of a scene.</param>
    /// <param name="segments">Segment per point, 0 to <paramref name="segmentCount"/> - 1.</param>
    /// <param name="segmentCount">Number of segments.</param>
    /// <param name="scope">Which labels vote together.</param>
    /// <returns>The same pairs with refined labels made from the raw ones.</returns>
    public static LabelPairs Refine(LabelPairs pairs, int[] segments, int segmentCount, RefinementScope scope)
    {
        int[] groups = new int[pairs.Count];
        for (int i = 0; i < groups.Length; i++) groups[i] = segments[pairs.Points[i]];
        byte[] refined = [.. pairs.Raw];
        if (scope == RefinementScope.Scene) Replace(0..groups.Length);
        else if (scope == RefinementScope.View) Parallel.For(0, pairs.FrameCount, f => Replace(pairs.OfFrame(f)));
        return new LabelPairs { FrameOffsets = pairs.FrameOffsets, Points = pairs.Points, Raw = pairs.Raw, Refined = refined, Confidence = pairs.Confidence };

        void Replace(Range range)
        {
            ReadOnlySpan<int> members = groups.AsSpan(range);
            Span<byte> labels = refined.AsSpan(range);
            byte[] modes = GroupMode.Compute(members, pairs.Raw.AsSpan(range), segmentCount);
            for (int i = 0; i < labels.Length; i++) labels[i] = modes[members[i]];
        }
    }
}
