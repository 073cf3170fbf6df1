using System.Globalization;
using System.Reflection;
using System.Text;

namespace HiCorr.Pipeline.Vision.Text;

/// <summary>
/// Replaces HTML's character references as browsers do and as Python's <c>html.unescape</c>, which CLIP calls, does: all names of HTML 5, old ones also
/// without a semicolon (<c>&amp;amp</c>), numbers that no character has by what browsers show. .NET's own decoder knows HTML 4 alone.
/// </summary>
internal static class HtmlReferences
{
    private const int LongestName = 32;

    /// <summary>What browsers show for the numbers 0x80 to 0x9F: Windows-1252, and the control itself where that has none.</summary>
    private const string Windows1252 = "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u008D\u017D\u008F"
        + "\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";

    /// <summary>Written by tools/text/make_html_entities.py.</summary>
    private static readonly Lazy<Dictionary<string, string>> s_names = new(ReadNames);

    public static string Unescape(string text)
    {
        if (!text.Contains('&', StringComparison.Ordinal)) return text;
        var result = new StringBuilder(text.Length);
        int next = 0;
        while (next < text.Length)
        {
            if (text[next] == '&' && Reference(text.AsSpan(next + 1)) is var (length, replacement) && length > 0)
            {
                result.Append(replacement);
                next += 1 + length;
            }
            else
            {
                result.Append(text[next++]);
            }
        }
        return result.ToString();
    }

    /// <summary>How much of the text behind an ampersand is a reference, and what it stands for; length 0 where it is none.</summary>
    private static (int Length, string Replacement) Reference(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return (0, "");
        if (text[0] == '#') return Number(text);
        int length = text.IndexOfAny("\t\n\f <&#;");
        length = Math.Min(length < 0 ? text.Length : length, LongestName);
        if (length < text.Length && text[length] == ';') length++;
        var names = s_names.Value.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int end = length; end >= 2; end--)
            if (names.TryGetValue(text[..end], out string? characters)) return (end, characters);
        return (0, "");
    }

    private static (int Length, string Replacement) Number(ReadOnlySpan<char> text)
    {
        bool hexadecimal = text.Length > 1 && text[1] is 'x' or 'X';
        int digit = hexadecimal ? 2 : 1, first = digit;
        long number = 0;
        for (; digit < text.Length && (hexadecimal ? char.IsAsciiHexDigit(text[digit]) : char.IsAsciiDigit(text[digit])); digit++)
            number = Math.Min(number * (hexadecimal ? 16 : 10) + int.Parse(text.Slice(digit, 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), int.MaxValue);
        if (digit == first) return (0, "");
        return (digit < text.Length && text[digit] == ';' ? digit + 1 : digit, Character((int)number));
    }

    private static string Character(int number) => number switch
    {
        0 or > 0x10FFFF or (>= 0xD800 and <= 0xDFFF) => "\uFFFD",
        '\r' => "\r",
        >= 0x80 and <= 0x9F => Windows1252[number - 0x80].ToString(),
        (>= 1 and <= 8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or (>= 0xFDD0 and <= 0xFDEF) => "",
        _ => (number & 0xFFFE) == 0xFFFE ? "" : char.ConvertFromUtf32(number),
    };

    private static Dictionary<string, string> ReadNames()
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("text/html5-entities.txt")!);
        while (reader.ReadLine() is { } line)
        {
            string[] parts = line.Split(' ');
            names[parts[0]] = string.Concat(parts.Skip(1).Select(code => char.ConvertFromUtf32(int.Parse(code, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))));
        }
        return names;
    }
}
