using HiCorr.Native.Devices;
using HiCorr.Native.Ops.LabelVote;
using HiCorr.Pipeline.Scenes;

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
/// Label refinement by vote: the labels of one group are replaced by their mode; of equals the smallest class index. Groups are the points of one
/// segment, a geometric consistency set (HICL Sec. 3.2), or the pixels of one mask (Chen et al.).
/// </summary>
public static class LabelRefinement
{
    /// <summary>Votes inside segments.</summary>
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
        if (scope == RefinementScope.Scene) Vote(groups, refined, segmentCount);
        else if (scope == RefinementScope.View) Parallel.For(0, pairs.FrameCount, f => Vote(groups.AsSpan(pairs.OfFrame(f)), refined.AsSpan(pairs.OfFrame(f)), segmentCount));
        return pairs.WithRefined(refined);
    }

    /// <summary>Votes inside the masks of an image: all labelled pixels of a mask take part. A pixel without a mask, or without a label, stays as it is.</summary>
    public static LabelMap Refine(LabelMap map, MaskMap masks)
    {
        ushort[] ids = masks.Resize(map.Width, map.Height).Ids;
        int[] pixels = [.. Enumerable.Range(0, ids.Length).Where(pixel => ids[pixel] > 0 && map.Labels[pixel] != ClassList.None)];
        byte[] refined = [.. map.Labels], labels = Array.ConvertAll(pixels, pixel => map.Labels[pixel]);
        Vote(Array.ConvertAll(pixels, pixel => ids[pixel] - 1), labels, masks.Count);
        for (int i = 0; i < labels.Length; i++) refined[pixels[i]] = labels[i];
        return map with { Labels = refined };
    }

    /// <summary>Replaces every label by the mode of its group.</summary>
    private static void Vote(ReadOnlySpan<int> groups, Span<byte> labels, int groupCount)
    {
        byte[] modes = LabelVote.Forward(CpuDevice.Default, groups, labels, groupCount);
        for (int i = 0; i < labels.Length; i++) labels[i] = modes[groups[i]];
    }
}
