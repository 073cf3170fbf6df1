using System.Globalization;

namespace HiCorr.Pipeline.Formats.ScanNet;

/// <summary>ScanNet's <c>scannetv2-labels.combined.tsv</c>: raw category names to NYU40 ids.</summary>
public static class LabelMapping
{
    public const string FileName = "scannetv2-labels.combined.tsv";

    /// <summary>NYU40 id by raw category.</summary>
    /// <exception cref="InputException">The file is missing or lacks a column or a number.</exception>
    public static IReadOnlyDictionary<string, int> Read(string path)
    {
        string[] lines = InputFile.ReadText(path).Split('\n');
        string[] header = lines[0].TrimEnd('\r').Split('\t');
        int raw = ColumnOf(header, "raw_category", path), nyu = ColumnOf(header, "nyu40id", path);
        var mapping = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 1; i < lines.Length; i++)
        {
            string[] cells = lines[i].TrimEnd('\r').Split('\t');
            if (cells.Length == 1 && cells[0].Length == 0) continue;
            if (cells.Length <= Math.Max(raw, nyu) || !int.TryParse(cells[nyu], NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                throw new InputException(path, $"line {i + 1}", "a whole number in column 'nyu40id'", Bytes.Show(lines[i]));
            mapping[cells[raw]] = id;
        }
        return mapping;
    }

    private static int ColumnOf(string[] header, string name, string path)
    {
        int column = Array.IndexOf(header, name);
        return column >= 0 ? column : throw new InputException(path, "line 1", $"a column '{name}'", Bytes.Show(string.Join(' ', header)));
    }
}
