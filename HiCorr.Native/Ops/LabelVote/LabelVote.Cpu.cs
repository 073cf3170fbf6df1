using System.Numerics;
using System.Runtime.InteropServices;

namespace HiCorr.Native.Ops.LabelVote;

public static unsafe partial class LabelVote
{
    /// <summary>Groups whose labels are counted together, as one byte tells them apart: their counters, (C, Block), stay in the nearest cache.</summary>
    private const int Block = 256;

    private static void ForwardCpu(ReadOnlySpan<int> groups, ReadOnlySpan<byte> labels, Span<byte> modes, Span<int> votes, Span<int> voters)
    {
        var runs = new BlockRuns(groups, modes.Length);
        int[] counts = new int[(Largest(labels) + 1) * Block];
        Span<int> modeOf = stackalloc int[Block], votesOf = stackalloc int[Block], votersOf = stackalloc int[Block];
        for (int block = 0; block * Block < modes.Length; block++)
        {
            if (runs.LastOf(block) < 0) continue;
            for (int run = runs.LastOf(block); run >= 0; run = runs.Before(run))
            {
                (int start, int end) = runs.Bounds(run);
                Count(groups[start..end], labels[start..end], counts);
            }
            modeOf.Fill(None);
            votesOf.Clear();
            votersOf.Clear();
            TakeBest(counts, modeOf, votesOf, votersOf);

            int first = block * Block, inBlock = Math.Min(Block, modes.Length - first);
            for (int g = 0; g < inBlock; g++) modes[first + g] = (byte)modeOf[g];
            if (!votes.IsEmpty) votesOf[..inBlock].CopyTo(votes[first..]);
            if (!voters.IsEmpty) votersOf[..inBlock].CopyTo(voters[first..]);
        }
    }

    /// <summary>Counts labels of one block.</summary>
    private static void Count(ReadOnlySpan<int> groups, ReadOnlySpan<byte> labels, int[] counts)
    {
        // Through pointers it is twice as fast: three checks a label are as much work as the counting.
        fixed (int* group = groups, count = counts)
        fixed (byte* label = labels)
        {
            for (int i = 0; i < labels.Length; i++) count[label[i] * Block + (byte)group[i]]++;
        }
    }

    /// <summary>The best label of every group of a block; leaves the counters at zero for the next one.</summary>
    private static void TakeBest(Span<int> counts, Span<int> modes, Span<int> votes, Span<int> voters)
    {
        for (int label = 0; label * Block < counts.Length; label++)
        {
            Span<int> counters = counts.Slice(label * Block, Block);
            // A block is a small part of the surface, with few of the classes.
            if (!counters.ContainsAnyExcept(0)) continue;
            if (label != None) TakeBetter(label, Vectors(counters), Vectors(modes), Vectors(votes), Vectors(voters));
            counters.Clear();
        }
    }

    /// <summary>Puts a label where it has more votes than those before. They come in ascending order, so that of equals the smallest stays.</summary>
    private static void TakeBetter(int label, Span<Vector<int>> counts, Span<Vector<int>> modes, Span<Vector<int>> votes, Span<Vector<int>> voters)
    {
        for (int i = 0; i < counts.Length; i++)
        {
            modes[i] = Vector.ConditionalSelect(Vector.GreaterThan(counts[i], votes[i]), Vector.Create(label), modes[i]);
            votes[i] = Vector.Max(votes[i], counts[i]);
            voters[i] += counts[i];
        }
    }

    private static Span<Vector<int>> Vectors(Span<int> values) => MemoryMarshal.Cast<int, Vector<int>>(values);

    /// <summary>
    /// Stretches of labels whose groups lie in one block, linked per block, so that nothing need be sorted. The pairs of a frame ascend by point, which
    /// makes the stretches long; in a random order there is one per label.
    /// </summary>
    private readonly struct BlockRuns
    {
        private readonly List<(int Start, int Before)> _runs = [];
        private readonly int[] _last;
        private readonly int _labels;

        public BlockRuns(ReadOnlySpan<int> groups, int groupCount)
        {
            _labels = groups.Length;
            _last = new int[(groupCount + Block - 1) / Block];
            _last.AsSpan().Fill(-1);
            for (int start = 0; start < groups.Length;)
            {
                int block = groups[start] / Block;
                _runs.Add((start, _last[block]));
                _last[block] = _runs.Count - 1;
                start += LengthOf(groups[start..]);
            }
        }

        /// <summary>The last run of a block, -1 where it has none.</summary>
        public int LastOf(int block) => _last[block];

        /// <summary>The run of the same block before this one, -1 where it is the first.</summary>
        public int Before(int run) => _runs[run].Before;

        /// <summary>First label of a run, and the one after its last.</summary>
        public (int Start, int End) Bounds(int run) => (_runs[run].Start, run + 1 < _runs.Count ? _runs[run + 1].Start : _labels);

        /// <summary>Groups at the start that lie in the block of the first.</summary>
        private static int LengthOf(ReadOnlySpan<int> groups)
        {
            int first = groups[0] / Block * Block, length = 1;
            var origin = new Vector<int>(first);
            // Unsigned, one comparison tells both ends.
            while (length + Vector<int>.Count <= groups.Length
                && Vector.LessThanAll((Vector.Create(groups[length..]) - origin).As<int, uint>(), new Vector<uint>(Block))) length += Vector<int>.Count;
            while (length < groups.Length && (uint)(groups[length] - first) < Block) length++;
            return length;
        }
    }
}
