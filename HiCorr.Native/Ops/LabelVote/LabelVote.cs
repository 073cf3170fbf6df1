using System.Numerics;
using System.Runtime.InteropServices;
using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;

namespace HiCorr.Native.Ops.LabelVote;

/// <summary>
/// Majority vote, the mode of the labels inside groups; of equals the smallest label (HICL Sec. 3.2, and the fusion of several views):
///   mode_g = argmax_l n_gl,   votes_g = max_l n_gl,   voters_g = Σ_l n_gl,   n_gl = |{i : group_i = g, label_i = l}|            i to n, g to G
/// A label <see cref="None"/> does not vote. No gradient.
/// </summary>
public static partial class LabelVote
{
    /// <summary>A label that does not vote, and the mode of a group where none does.</summary>
    public const byte None = byte.MaxValue;

    /// <summary>The mode of every group, (G).</summary>
    /// <param name="device">Where to count; everything else lies on the host.</param>
    /// <param name="groups">(n), 0 to G - 1, in any order; fastest where long stretches ascend.</param>
    /// <param name="labels">(n).</param>
    /// <param name="groupCount">G.</param>
    /// <param name="votes">(G), receives how many labels of the group are its mode; may be empty.</param>
    /// <param name="voters">(G), receives how many labels of the group vote; may be empty.</param>
    /// <exception cref="ArgumentOutOfRangeException">A group is not there.</exception>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    public static byte[] Forward(Device device, ReadOnlySpan<int> groups, ReadOnlySpan<byte> labels, int groupCount, Span<int> votes = default, Span<int> voters = default)
    {
        if (groups.Length != labels.Length) throw new ArgumentException($"{groups.Length} groups of {labels.Length} labels", nameof(groups));
        if ((!votes.IsEmpty && votes.Length != groupCount) || (!voters.IsEmpty && voters.Length != groupCount))
            throw new ArgumentException($"{votes.Length} votes and {voters.Length} voters of {groupCount} groups", nameof(votes));
        byte[] modes = new byte[groupCount];
        modes.AsSpan().Fill(None);
        votes.Clear();
        voters.Clear();
        if (labels.IsEmpty) return modes;
        // Counting goes without checks of its own. Unsigned, one comparison tells both ends.
        uint largest = Largest(MemoryMarshal.Cast<int, uint>(groups));
        if (largest >= (uint)groupCount) throw new ArgumentOutOfRangeException(nameof(groups), (int)largest, $"expected groups from 0 to {groupCount - 1}");
        if (device is CudaDevice cuda) ForwardCuda(cuda, groups, labels, modes, votes, voters);
        else ForwardCpu(groups, labels, modes, votes, voters);
        return modes;
    }

    /// <summary>Of values of which there is at least one.</summary>
    private static T Largest<T>(ReadOnlySpan<T> values) where T : unmanaged, IBinaryInteger<T>
    {
        int i = 0;
        T largest = values[0];
        if (values.Length >= Vector<T>.Count)
        {
            var lanes = new Vector<T>(values);
            for (; i + Vector<T>.Count <= values.Length; i += Vector<T>.Count) lanes = Vector.Max(lanes, new Vector<T>(values[i..]));
            for (int lane = 0; lane < Vector<T>.Count; lane++) largest = T.Max(largest, lanes[lane]);
        }
        for (; i < values.Length; i++) largest = T.Max(largest, values[i]);
        return largest;
    }
}
