using System.Globalization;
using System.Text;

namespace HiCorr.Pipeline.Vision.Text;

/// <summary>
/// Unicode's full lower-casing without a language, as Python's <c>str.lower</c> has it: character by character, but for the capital I with a dot, which
/// becomes two, and the capital sigma, whose form depends on its place in the word.
/// </summary>
internal static class LowerCase
{
    private const int CapitalSigma = 0x3A3;

    /// <summary>Punctuation that stands inside words (Unicode's word break classes MidLetter, MidNumLet and Single_Quote).</summary>
    private const string InsideWords = "'.:\u00B7\u0387\u055F\u05F4\u2018\u2019\u2024\u2027\uFE13\uFE52\uFE55\uFF07\uFF0E\uFF1A";

    public static string Of(string text)
    {
        if (System.Text.Ascii.IsValid(text)) return text.ToLowerInvariant();
        Rune[] runes = [.. text.EnumerateRunes()];
        var result = new StringBuilder(text.Length);
        for (int i = 0; i < runes.Length; i++)
        {
            if (runes[i].Value == 0x130) result.Append("i\u0307");
            else if (runes[i].Value == CapitalSigma) result.Append(EndsWord(runes, i) ? '\u03C2' : '\u03C3');
            else result.Append(Rune.ToLowerInvariant(runes[i]));
        }
        return result.ToString();
    }

    /// <summary>Unicode's condition Final_Sigma: a letter with case before, none behind, marks and the like left out.</summary>
    private static bool EndsWord(Rune[] runes, int sigma)
    {
        int before = sigma - 1, behind = sigma + 1;
        while (before >= 0 && IsCaseIgnorable(runes[before])) before--;
        while (behind < runes.Length && IsCaseIgnorable(runes[behind])) behind++;
        return before >= 0 && IsCased(runes[before]) && !(behind < runes.Length && IsCased(runes[behind]));
    }

    private static bool IsCaseIgnorable(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol
        || (rune.IsBmp && InsideWords.Contains((char)rune.Value, StringComparison.Ordinal));

    /// <summary>Upper, lower and title case letters, and what Unicode adds to them: ordinals, Roman numerals, letters in circles and squares.</summary>
    private static bool IsCased(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        || rune.Value is 0xAA or 0xBA or (>= 0x2160 and <= 0x217F) or (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);
}
