using System.IO.Compression;
using System.Text;
using HiCorr.Pipeline.Formats;

namespace HiCorr.Pipeline.Vision.Text;

/// <summary>
/// Tokens and merges of CLIP's byte-pair encoding, from a folder with <c>vocab.json</c> and <c>merges.txt</c> as Hugging Face keeps them, or from OpenAI's
/// <c>bpe_simple_vocab_16e6.txt.gz</c>, whose tokens are numbered by CLIP's rule: the 256 bytes, the same at the end of a word, a token per merge, start, end.
/// </summary>
internal sealed class BytePairVocabulary
{
    /// <summary>The files of a tokenizer's folder.</summary>
    public const string TokensFile = "vocab.json", MergesFile = "merges.txt";

    /// <summary>Ends the last token of a word.</summary>
    public const string EndOfWord = "</w>";

    /// <summary>OpenAI's file goes on after what CLIP reads of it.</summary>
    private const int MostMerges = 49_152 - 256 - 2;

    private const int MostTokens = 1 << 20;

    /// <summary>OpenAI's file holds 3 MiB.</summary>
    private const int MostBytes = 16 << 20;

    private BytePairVocabulary(Dictionary<string, int> tokens, List<string> merges, int start, int end) => (Tokens, Merges, Start, End) = (tokens, merges, start, end);

    /// <summary>A character for each byte: its own where that is printable, else one from U+0100 on.</summary>
    public static IReadOnlyList<char> Alphabet { get; } = BuildAlphabet();

    /// <summary>Ids of the tokens.</summary>
    public IReadOnlyDictionary<string, int> Tokens { get; }

    /// <summary>Pairs of tokens with a blank between them, the first to be merged first.</summary>
    public IReadOnlyList<string> Merges { get; }

    public int Start { get; }

    public int End { get; }

    /// <exception cref="ArtefactException">A file is missing, damaged or far too large, or the two do not fit each other.</exception>
    public static BytePairVocabulary Read(string path)
    {
        string[] files = Directory.Exists(path) ? [Path.Combine(path, TokensFile), Path.Combine(path, MergesFile)] : [path];
        Dictionary<string, int>? tokens = files.Length == 1 ? null : ReadTokens(files[0]);
        string[] lines = (files.Length == 1 ? Unpack(path) : ReadText(files[1])).Split('\n');
        int first = lines[0].StartsWith("#version", StringComparison.Ordinal) ? 1 : 0;
        int last = lines.Length;
        while (last > 0 && string.IsNullOrWhiteSpace(lines[last - 1])) last--;
        if (files.Length == 1) (first, last) = (1, Math.Clamp(last, 1, 1 + MostMerges)); // the first line is the file's name, whatever it says
        if (last - first > MostTokens) throw new ArtefactException(files[^1], null, $"at most {MostTokens} merges", $"{last - first}");

        tokens ??= Number(lines.AsSpan(first, last - first), path);
        CheckAlphabet(tokens, files[0]);
        var merges = new List<string>(last - first);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = first; i < last; i++)
        {
            string merge = lines[i].TrimEnd('\r');
            int blank = merge.IndexOf(' ', StringComparison.Ordinal);
            string? problem = blank <= 0 || blank == merge.Length - 1 || merge.IndexOf(' ', blank + 1) >= 0 ? "two tokens with a blank between them"
                : !tokens.ContainsKey(merge[..blank]) || !tokens.ContainsKey(merge[(blank + 1)..]) ? "tokens of the vocabulary"
                : !tokens.ContainsKey(merge.Remove(blank, 1)) ? "a pair that is a token of the vocabulary when merged"
                : !seen.Add(merge) ? "a pair that was not there before" : null;
            if (problem is not null) throw new ArtefactException(files[^1], $"line {i + 1}", problem, Bytes.Show(merge));
            merges.Add(merge);
        }
        return new BytePairVocabulary(tokens, merges, tokens[ClipText.StartToken], tokens[ClipText.EndToken]);
    }

    private static char[] BuildAlphabet()
    {
        char[] alphabet = new char[256];
        int other = 256;
        for (int b = 0; b < 256; b++) alphabet[b] = IsPrintable(b) ? (char)b : (char)other++;
        return alphabet;
    }

    private static bool IsPrintable(int b) => b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;

    /// <summary>CLIP's numbers of the tokens of OpenAI's file.</summary>
    private static Dictionary<string, int> Number(ReadOnlySpan<string> merges, string path)
    {
        // Printable bytes come first, then the others.
        char[] letters = [.. Alphabet.Where((_, b) => IsPrintable(b)), .. Alphabet.Where((_, b) => !IsPrintable(b))];
        List<string> names = [.. letters.Select(letter => letter.ToString()), .. letters.Select(letter => letter + EndOfWord)];
        foreach (string merge in merges) names.Add(merge.TrimEnd('\r').Replace(" ", "", StringComparison.Ordinal));
        names.AddRange([ClipText.StartToken, ClipText.EndToken]);
        var tokens = new Dictionary<string, int>(names.Count, StringComparer.Ordinal);
        for (int id = 0; id < names.Count; id++)
            if (!tokens.TryAdd(names[id], id)) throw new ArtefactException(path, $"line {id - 510}", "a merge that makes a new token", Bytes.Show(names[id]));
        return tokens;
    }

    private static Dictionary<string, int> ReadTokens(string file)
    {
        var tokens = new Dictionary<string, int>(StringComparer.Ordinal);
        var ids = new HashSet<int>();
        foreach ((string token, JsonField field) in JsonField.Read(file).Fields())
        {
            int id = field.Whole(0, MostTokens);
            if (!ids.Add(id)) throw field.Mismatch("an id of its own", $"{id} again");
            tokens.Add(token, id);
        }
        return tokens;
    }

    /// <summary>With a token for each byte, alone and at a word's end, no text is without tokens.</summary>
    private static void CheckAlphabet(Dictionary<string, int> tokens, string file)
    {
        foreach (string token in (IEnumerable<string>)[.. Alphabet.Select(letter => letter.ToString()), .. Alphabet.Select(letter => letter + EndOfWord), ClipText.StartToken, ClipText.EndToken])
            if (!tokens.ContainsKey(token)) throw new ArtefactException(file, null, $"the token '{token}'", $"none among {tokens.Count}", "HiCorr reads vocabularies of CLIP");
    }

    private static string ReadText(string file)
    {
        try
        {
            using var handle = InputFile.Open(file);
            if (InputFile.Length(handle, file) is > MostBytes and var length) throw new ArtefactException(file, null, $"at most {MostBytes} bytes", $"{length}");
            return InputFile.ReadText(file);
        }
        catch (InputException error) when (error is not ArtefactException)
        {
            throw ArtefactException.From(error);
        }
    }

    /// <summary>The text of a gzip file, which may be longer than its name lets expect, but not by any length.</summary>
    private static string Unpack(string file)
    {
        try
        {
            byte[] packed = InputFile.ReadBytes(file);
            using var stream = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
            using var text = new MemoryStream();
            byte[] block = new byte[1 << 16];
            while (stream.Read(block) is > 0 and var count)
            {
                if (text.Length + count > MostBytes) throw new ArtefactException(file, null, $"at most {MostBytes} bytes of text", "more");
                text.Write(block, 0, count);
            }
            // A stream that breaks off ends without a word; the last four bytes of a whole one are its length.
            if (packed.Length < 18 || BitConverter.ToUInt32(packed, packed.Length - 4) != text.Length)
                throw new ArtefactException(file, $"offset {Math.Max(0, packed.Length - 4)}", $"the length of its text, {text.Length}", "another", "The file may be truncated");
            return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
        }
        catch (InvalidDataException error)
        {
            throw new ArtefactException(file, null, "a gzip file, or a folder with vocab.json and merges.txt", error.Message, inner: error);
        }
        catch (InputException error) when (error is not ArtefactException)
        {
            throw ArtefactException.From(error);
        }
    }
}
