using System.Buffers;
using System.Numerics.Tensors;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.LabelVote;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Labels;

/// <summary>Labels of several views fused to one per point by majority: the "projected labels" of the comparison, or the "refined labels".</summary>
/// <param name="Labels">Class index per point, <see cref="ClassList.None"/> where no view labels it; ties go to the smallest class index.</param>
/// <param name="Covered">Points with a label.</param>
/// <param name="Agreement">Of the labels on points that two or more views label, the share that is their point's majority; 1 without such points.</param>
public sealed record ViewVote(byte[] Labels, int Covered, double Agreement)
{
    /// <param name="points">Point index of each label.</param>
    /// <param name="labels">Class indices.</param>
    /// <param name="pointCount">Points of the cloud.</param>
    public static ViewVote Compute(ReadOnlySpan<int> points, ReadOnlySpan<byte> labels, int pointCount)
    {
        int[] rented = ArrayPool<int>.Shared.Rent(2 * pointCount);
        Span<int> votes = rented.AsSpan(0, pointCount), views = rented.AsSpan(pointCount, pointCount);
        byte[] winners = LabelVote.Forward(CpuDevice.Default, points, labels, pointCount, votes, views);
        // A point of one view has one vote, and no say.
        int covered = pointCount - views.Count(0), once = views.Count(1);
        int repeated = TensorPrimitives.Sum<int>(views) - once, agreeing = TensorPrimitives.Sum<int>(votes) - once;
        ArrayPool<int>.Shared.Return(rented);
        return new ViewVote(winners, covered, repeated == 0 ? 1 : (double)agreeing / repeated);
    }
}
