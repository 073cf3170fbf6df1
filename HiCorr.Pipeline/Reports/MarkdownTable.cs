using System.Text;

namespace HiCorr.Pipeline.Reports;

/// <summary>A table in Markdown: the first column to the left, the others to the right.</summary>
public sealed class MarkdownTable
{
    private readonly StringBuilder _text = new();
    private readonly int _columns;

    public MarkdownTable(params IReadOnlyList<string> columns)
    {
        _columns = columns.Count;
        Add([.. columns]);
        Add(["---", .. columns.Skip(1).Select(_ => "---:")]);
    }

    public MarkdownTable Add(params string[] cells)
    {
        if (cells.Length != _columns) throw new ArgumentException($"{cells.Length} cells for {_columns} columns.", nameof(cells));
        _text.Append("| ").AppendJoin(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");
        return this;
    }

    public override string ToString() => _text.ToString();
}
