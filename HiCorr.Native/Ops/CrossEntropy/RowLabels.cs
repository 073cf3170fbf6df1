namespace HiCorr.Native.Ops.CrossEntropy;

/// <summary>
/// The labels of a matrix's rows in a cross entropy, as pairs (row, label) sorted by row. A row may carry no label, one, or several that
/// contradict each other: several views of a point give it several pseudo-labels.
/// </summary>
public sealed class RowLabels
{
    /// <summary>A label that does not count.</summary>
    public const int Ignored = -100;

    private readonly int[] _starts; // (rows + 1)
    private readonly int[] _labels; // (pairs)

    private RowLabels(int[] starts, int[] labels, int classes)
    {
        (_starts, _labels) = (starts, labels);
        Classes = classes;
    }

    public int Rows => _starts.Length - 1;

    public int Classes { get; }

    /// <summary>Pairs that count.</summary>
    public int Count => _labels.Length;

    internal ReadOnlySpan<int> Starts => _starts;

    internal ReadOnlySpan<int> Labels => _labels;

    /// <summary>One label a row; <see cref="Ignored"/> leaves the row out.</summary>
    public static RowLabels PerRow(ReadOnlySpan<int> labels, int classes)
    {
        int[] rows = new int[labels.Length];
        for (int i = 0; i < rows.Length; i++) rows[i] = i;
        return FromPairs(labels.Length, rows, labels, classes);
    }

    /// <summary>Pair i says that row rows[i] has label labels[i]; pairs labelled <see cref="Ignored"/> are left out.</summary>
    /// <exception cref="ArgumentException">A row or a label is out of range.</exception>
    public static RowLabels FromPairs(int rowCount, ReadOnlySpan<int> rows, ReadOnlySpan<int> labels, int classes)
    {
        if (rows.Length != labels.Length) throw new ArgumentException($"{rows.Length} rows with {labels.Length} labels", nameof(labels));
        int[] starts = new int[rowCount + 1];
        for (int i = 0; i < rows.Length; i++)
        {
            if (labels[i] == Ignored) continue;
            if ((uint)labels[i] >= (uint)classes) throw new ArgumentException($"label {labels[i]} of pair {i} is no class of {classes}", nameof(labels));
            if ((uint)rows[i] >= (uint)rowCount) throw new ArgumentException($"row {rows[i]} of pair {i} is none of {rowCount}", nameof(rows));
            starts[rows[i] + 1]++;
        }
        for (int row = 0; row < rowCount; row++) starts[row + 1] += starts[row];
        int[] next = starts.AsSpan(0, rowCount).ToArray();
        int[] sorted = new int[starts[rowCount]];
        for (int i = 0; i < rows.Length; i++)
            if (labels[i] != Ignored) sorted[next[rows[i]]++] = labels[i];
        return new RowLabels(starts, sorted, classes);
    }

    /// <summary>The same pairs with another label: that of their row.</summary>
    /// <param name="labelOfRow">(rows); only those of rows with a pair are read.</param>
    public RowLabels Relabelled(ReadOnlySpan<int> labelOfRow)
    {
        if (labelOfRow.Length != Rows) throw new ArgumentException($"{labelOfRow.Length} labels for {Rows} rows", nameof(labelOfRow));
        int[] labels = new int[Count];
        for (int row = 0; row < Rows; row++)
        {
            if (HasPairs(row) && (uint)labelOfRow[row] >= (uint)Classes) throw new ArgumentException($"label {labelOfRow[row]} of row {row} is no class of {Classes}", nameof(labelOfRow));
            labels.AsSpan(_starts[row].._starts[row + 1]).Fill(labelOfRow[row]);
        }
        return new RowLabels(_starts, labels, Classes);
    }

    public bool HasPairs(int row) => _starts[row] < _starts[row + 1];
}
