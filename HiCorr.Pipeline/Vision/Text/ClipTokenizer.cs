using System.Text;
using Microsoft.ML.Tokenizers;

namespace HiCorr.Pipeline.Vision.Text;

/// <summary>
/// CLIP's tokenizer: the ids that <c>clip.tokenize(text, truncate=True)</c> gives. Texts become words here (<see cref="ClipText"/>), and their bytes
/// CLIP's letters; Microsoft.ML.Tokenizers merges the pairs.
/// </summary>
internal sealed class ClipTokenizer
{
    /// <summary>Merging takes time with the square of a word's length. What lies behind so many bytes of one word is cut off with all its tokens.</summary>
    private const int LongestWord = 8192;

    private readonly BytePairVocabulary _vocabulary;
    private readonly BpeTokenizer _pairs;

    /// <param name="path">See <see cref="BytePairVocabulary"/>.</param>
    /// <exception cref="ArtefactException">The files are missing or damaged.</exception>
    public ClipTokenizer(string path)
    {
        _vocabulary = BytePairVocabulary.Read(path);
        _pairs = BpeTokenizer.Create(new BpeOptions(_vocabulary.Tokens) { Merges = _vocabulary.Merges, EndOfWordSuffix = BytePairVocabulary.EndOfWord });
    }

    /// <summary>Start token, tokens of the text, end token; what is too long is cut and ends in the end token.</summary>
    /// <param name="length">Most tokens, from 2.</param>
    public int[] Encode(string text, int length)
    {
        List<int> ids = [_vocabulary.Start];
        foreach (string word in ClipText.Words(ClipText.Clean(text)))
        {
            if (ids.Count >= length) break;
            if (word is ClipText.StartToken) ids.Add(_vocabulary.Start);
            else if (word is ClipText.EndToken) ids.Add(_vocabulary.End);
            else ids.AddRange(_pairs.EncodeToIds(Letters(word), considerPreTokenization: false, considerNormalization: false));
        }
        return [.. ids.Take(length - 1), _vocabulary.End];
    }

    private static string Letters(string word) => string.Concat(Encoding.UTF8.GetBytes(word).Take(LongestWord).Select(b => BytePairVocabulary.Alphabet[b]));
}
