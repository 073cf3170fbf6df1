using System.Globalization;

namespace HiCorr.Pipeline.Formats;

/// <summary>Text files with one 4x4 matrix: camera poses and intrinsics.</summary>
public static class MatrixText
{
    /// <summary>16 numbers row by row; infinities and NaN are let through, as ScanNet writes them for frames that lost track.</summary>
    /// <exception cref="InputException">The file is missing or has not 16 numbers.</exception>
    public static double[] Read4x4(string path)
    {
        string[] words = InputFile.ReadText(path).Split([' ', '\t', '\r', '\n', ','], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != 16) throw new InputException(path, null, "a 4x4 matrix of 16 numbers", $"{words.Length} words");
        double[] matrix = new double[16];
        for (int i = 0; i < 16; i++)
            if (!TryParse(words[i], out matrix[i]))
                throw new InputException(path, $"row {i / 4 + 1}, column {i % 4 + 1}", "a number", Bytes.Show(words[i]));
        return matrix;
    }

    /// <summary>Four lines of four numbers that <see cref="Read4x4"/> reads back to the same values.</summary>
    public static string Format(ReadOnlySpan<double> matrix) => string.Create(CultureInfo.InvariantCulture,
        $"{matrix[0]:R} {matrix[1]:R} {matrix[2]:R} {matrix[3]:R}\n{matrix[4]:R} {matrix[5]:R} {matrix[6]:R} {matrix[7]:R}\n{matrix[8]:R} {matrix[9]:R} {matrix[10]:R} {matrix[11]:R}\n{matrix[12]:R} {matrix[13]:R} {matrix[14]:R} {matrix[15]:R}\n");

    /// <summary>C programs write "-inf" and "-nan".</summary>
    private static bool TryParse(string word, out double value)
    {
        switch (word.TrimStart('+', '-').ToLowerInvariant())
        {
            case "inf" or "infinity": value = word[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity; return true;
            case "nan" or "nan(ind)": value = double.NaN; return true;
            default: return double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
        }
    }
}
