using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Labels;

/// <summary>Mode of the labels inside groups: the vote of refinement (HICL Sec. 3.2) and of multi-view fusion.</summary>
public static class GroupMode
{
    /// <summary>The most frequent label of every group; of equals the smallest class index; <see cref="ClassList.None"/> for an empty group.</summary>
    /// <param name="groups">Group of each label, 0 to <paramref name="groupCount"/> - 1.</param>
    /// <param name="labels">Class indices; <see cref="ClassList.None"/> does not vote.</param>
    /// <param name="groupCount">Number of groups.</param>
    /// <param name="votes">Receives how many labels of the group are its mode; may be empty.</param>
    public static byte[] Compute(ReadOnlySpan<int> groups, ReadOnlySpan<byte> labels, int groupCount, Span<int> votes = default)
    {
        // Labels in group order by counting sort: memory grows with labels plus groups, not with groups times classes.
        int[] starts = new int[groupCount + 1];
        foreach (int group in groups) starts[group + 1]++;
        for (int g = 0; g < groupCount; g++) starts[g + 1] += starts[g];
        byte[] sorted = new byte[labels.Length];
        int[] next = starts[..groupCount];
        for (int i = 0; i < labels.Length; i++) sorted[next[groups[i]]++] = labels[i];

        byte[] modes = new byte[groupCount];
        Span<int> counts = stackalloc int[ClassList.None + 1];
        for (int g = 0; g < groupCount; g++)
        {
            ReadOnlySpan<byte> members = sorted.AsSpan(starts[g]..starts[g + 1]);
            byte mode = ClassList.None;
            int best = 0;
            foreach (byte label in members) counts[label]++;
            foreach (byte label in members)
                if (label != ClassList.None && (counts[label] > best || (counts[label] == best && label < mode))) (mode, best) = (label, counts[label]);
            foreach (byte label in members) counts[label] = 0;
            modes[g] = mode;
            if (!votes.IsEmpty) votes[g] = best;
        }
        return modes;
    }
}
