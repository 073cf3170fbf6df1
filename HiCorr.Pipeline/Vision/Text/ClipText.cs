using System.Globalization;
using System.Text;

namespace HiCorr.Pipeline.Vision.Text;

/// <summary>
/// What CLIP does with a text before byte pairs (clip/simple_tokenizer.py): HTML's references replaced twice, white space to single blanks, lower case,
/// then words. Without ftfy, which repairs text that was decoded wrongly and straightens quotes: what is typed is taken as it is, as in Hugging Face's
/// tokenizers library.
/// </summary>
internal static class ClipText
{
    public const string StartToken = "<|startoftext|>", EndToken = "<|endoftext|>";

    private static readonly string[] s_contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    public static string Clean(string text)
    {
        text = HtmlReferences.Unescape(HtmlReferences.Unescape(text));
        int first = 0, end = text.Length;
        while (first < end && IsStripped(text[first])) first++;
        while (first < end && IsStripped(text[end - 1])) end--;
        var result = new StringBuilder(text.Length);
        foreach (char c in text.AsSpan(first, end - first))
        {
            bool blank = char.IsWhiteSpace(c);
            if (!blank || result[^1] != ' ') result.Append(blank ? ' ' : c);
        }
        return LowerCase.Of(result.ToString());
    }

    /// <summary>Python's strip also takes the four separators of ASCII, which its pattern \s does not.</summary>
    private static bool IsStripped(char c) => char.IsWhiteSpace(c) || c is >= '\x1C' and <= '\x1F';

    /// <summary>
    /// Words of a clean text: the special tokens, English contractions, runs of letters, single digits, runs of anything else. CLIP's pattern, character by
    /// character: .NET's expressions see no category of characters beyond 16 bits.
    /// </summary>
    public static IEnumerable<string> Words(string clean)
    {
        int next = 0;
        while (next < clean.Length)
        {
            int length = WordAt(clean.AsSpan(next), out bool blank);
            if (!blank) yield return clean.Substring(next, length);
            next += length;
        }
    }

    private static int WordAt(ReadOnlySpan<char> text, out bool blank)
    {
        Kind kind = KindAt(text, out int length);
        blank = kind == Kind.Blank;
        if (StartsWith(text, StartToken)) return StartToken.Length;
        if (StartsWith(text, EndToken)) return EndToken.Length;
        if (text[0] == '\'')
            foreach (string contraction in s_contractions)
                if (StartsWith(text, contraction)) return contraction.Length;
        if (kind is Kind.Letter or Kind.Other)
            while (length < text.Length && KindAt(text[length..], out int further) == kind) length += further;
        return length;
    }

    /// <summary>Whatever the case: of a clean text's letters, the long s is the only one that is an ASCII letter in another form.</summary>
    private static bool StartsWith(ReadOnlySpan<char> text, string word)
    {
        if (text.Length < word.Length) return false;
        for (int i = 0; i < word.Length; i++)
            if ((text[i] == '\u017F' ? 's' : text[i]) != word[i]) return false;
        return true;
    }

    private enum Kind { Blank, Letter, Digit, Other }

    private static Kind KindAt(ReadOnlySpan<char> text, out int length)
    {
        Rune.DecodeFromUtf16(text, out Rune rune, out length);
        if (Rune.IsWhiteSpace(rune)) return Kind.Blank;
        return Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Digit,
            _ => Kind.Other,
        };
    }
}
