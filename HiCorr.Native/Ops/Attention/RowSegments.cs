namespace HiCorr.Native.Ops.Attention;

/// <summary>Cuts the rows of a tensor into consecutive sequences; tokens of different sequences do not see each other. A sequence may be empty.</summary>
public sealed class RowSegments
{
    private readonly int[] _starts; // (segments + 1), from 0 to the number of rows

    private RowSegments(int[] starts) => _starts = starts;

    /// <summary>How many sequences there are.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>Rows of all sequences together.</summary>
    public int Rows => _starts[^1];

    internal ReadOnlySpan<int> Starts => _starts;

    /// <summary>All rows as one sequence.</summary>
    public static RowSegments Whole(int rows) => FromLengths([rows]);

    /// <summary>Sequences of given lengths, one after the other.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A length is negative.</exception>
    public static RowSegments FromLengths(params ReadOnlySpan<int> lengths)
    {
        int[] starts = new int[lengths.Length + 1];
        for (int i = 0; i < lengths.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(lengths[i], nameof(lengths));
            starts[i + 1] = checked(starts[i] + lengths[i]);
        }
        return new RowSegments(starts);
    }

    /// <summary>Pairs of tokens that see each other: the sum of the squared lengths.</summary>
    public long TokenPairs()
    {
        long pairs = 0;
        for (int i = 0; i < Count; i++) pairs += (long)(_starts[i + 1] - _starts[i]) * (_starts[i + 1] - _starts[i]);
        return pairs;
    }
}
