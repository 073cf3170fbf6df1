using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Labels;

/// <summary>Labels of several views fused to one per point by majority: the "projected labels" of the comparison, or the "refined labels".</summary>
/// <param name="Labels">Class index per point, <see cref="ClassList.None"/> where no view labels it; ties go to the smallest class index.</param>
/// <param name="Covered">Points with a label.</param>
/// <param name="Agreement">Of the labels on points that two or more views label, the share that is their point's majority; 1 without such points.</param>
public sealed record LabelVote(byte[] Labels, int Covered, double Agreement)
{
    /// <param name="points">Point index of each label.</param>
    /// <param name="labels">Class indices.</param>
    /// <param name="pointCount">Points of the cloud.</param>
    public static LabelVote Compute(ReadOnlySpan<int> points, ReadOnlySpan<byte> labels, int pointCount)
    {
        int[] votes = new int[pointCount], views = new int[pointCount];
        byte[] winners = GroupMode.Compute(points, labels, pointCount, votes);
        for (int i = 0; i < points.Length; i++)
            if (labels[i] != ClassList.None) views[points[i]]++;

        int covered = 0;
        long repeated = 0, agreeing = 0;
        for (int p = 0; p < pointCount; p++)
        {
            if (views[p] > 0) covered++;
            if (views[p] < 2) continue;
            repeated += views[p];
            agreeing += votes[p];
        }
        return new LabelVote(winners, covered, repeated == 0 ? 1 : (double)agreeing / repeated);
    }
}
