using System.Text.Json;
using HiCorr.Pipeline.Vision.Text;

namespace HiCorr.Tests.Vision.Text;

/// <summary>Against CLIP's algorithm in Python (tools/test-models/make_clip_tokens.py), on OpenAI's vocabulary and on a small one.</summary>
public sealed class ClipTokenizerTests
{
    private const int ContextLength = 77;

    internal static string SmallVocabulary => Path.Combine(AppContext.BaseDirectory, "Data", "clip-tokens");

    [Fact]
    public void Gives_the_ids_of_CLIP_on_its_own_vocabulary() => Agree(SharedFolder.Require("clip-text", "bpe_simple_vocab_16e6.txt.gz"), "clip");

    [Fact]
    public void Gives_the_ids_of_CLIP_on_a_vocabulary_in_the_form_of_Hugging_Face() => Agree(SmallVocabulary, "small");

    [Fact]
    public void Keeps_the_end_token_of_what_it_cuts()
    {
        var tokenizer = new ClipTokenizer(SmallVocabulary);
        int[] whole = tokenizer.Encode("a photo of a wall.", ContextLength);

        int[] cut = tokenizer.Encode("a photo of a wall.", whole.Length - 1);

        Assert.Equal([.. whole[..^2], whole[^1]], cut);
        Assert.Equal([whole[0], whole[^1]], tokenizer.Encode("a photo of a wall.", 2));
    }

    private static void Agree(string vocabulary, string side)
    {
        var tokenizer = new ClipTokenizer(vocabulary);
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(SmallVocabulary, "tokens.json")));
        Assert.True(golden.RootElement.GetArrayLength() >= 200);
        foreach (JsonElement row in golden.RootElement.EnumerateArray())
        {
            string text = row.GetProperty("text").GetString()!;
            int[] expected = [.. row.GetProperty(side).EnumerateArray().Select(id => id.GetInt32())];
            Assert.True(expected.SequenceEqual(tokenizer.Encode(text, ContextLength)),
                $"{JsonSerializer.Serialize(text)}: expected {string.Join(' ', expected)}, found {string.Join(' ', tokenizer.Encode(text, ContextLength))}");
        }
    }
}
