using System.Globalization;
using System.Text;

namespace HiCorr.Pipeline.Formats;

/// <summary>Foreign bytes and text as an error message may show them: short and printable.</summary>
internal static class Bytes
{
    private const int Shown = 40;

    public static string Show(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return "the end of the file";
        var text = new StringBuilder("bytes");
        foreach (byte b in bytes[..Math.Min(bytes.Length, 8)]) text.Append(CultureInfo.InvariantCulture, $" {b:x2}");
        return text.ToString();
    }

    public static string Show(string text)
    {
        var shown = new StringBuilder("'");
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, Shown))) shown.Append(char.IsControl(c) ? '?' : c);
        return shown.Append(text.Length > Shown ? "...'" : "'").ToString();
    }
}
