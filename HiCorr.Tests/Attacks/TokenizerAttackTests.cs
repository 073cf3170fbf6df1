using System.IO.Compression;
using System.Text;
using HiCorr.Pipeline.Vision.Text;
using HiCorr.Tests.Vision.Text;

namespace HiCorr.Tests.Attacks;

public sealed class TokenizerAttackTests : IDisposable
{
    private const int Mutated = 2000;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("vocab.json")]
    [InlineData("merges.txt")]
    public void Files_of_Hugging_Face(string name)
    {
        foreach (string file in (string[])["vocab.json", "merges.txt"]) File.Copy(Path.Combine(ClipTokenizerTests.SmallVocabulary, file), _folder.PathOf(file));
        byte[] good = File.ReadAllBytes(_folder.PathOf(name));

        // A token that is gone is missed by the merges, so that either file may be the one that is named.
        Mutations.SurvivesDamage(good, Path.GetFileName(_folder.Root), bytes => Use(name, bytes, _folder.Root), Mutated);
        // Merges may end anywhere between two of them.
        if (name == "vocab.json") Mutations.RefusesEveryTruncation(good[..^2], name, bytes => Use(name, bytes, _folder.Root));
    }

    [Fact]
    public void File_of_OpenAI()
    {
        byte[] good = Pack(File.ReadAllBytes(Path.Combine(ClipTokenizerTests.SmallVocabulary, "merges.txt")));

        Mutations.RefusesEveryTruncation(good, "merges.gz", bytes => Use("merges.gz", bytes, _folder.PathOf("merges.gz")));
        Mutations.SurvivesDamage(good, "merges.gz", bytes => Use("merges.gz", bytes, _folder.PathOf("merges.gz")), Mutated);
    }

    [Fact]
    public void Text_that_unpacks_to_any_length()
    {
        string path = _folder.PathOf("bomb.gz");
        File.WriteAllBytes(path, Pack(new byte[512 << 20]));
        long before = GC.GetAllocatedBytesForCurrentThread();

        ArtefactException error = Assert.Throws<ArtefactException>(() => new ClipTokenizer(path));

        Assert.Contains("bomb.gz: expected at most 16777216 bytes of text", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_text_of_any_length()
    {
        var tokenizer = new ClipTokenizer(ClipTokenizerTests.SmallVocabulary);
        foreach (string text in (string[])[new string('a', 1 << 20), string.Concat(Enumerable.Repeat("chair", 1 << 18)), new string('&', 1 << 20), string.Concat(Enumerable.Repeat("&#1", 1 << 18)), new string('\'', 1 << 20)])
            Assert.InRange((await Task.Run(() => tokenizer.Encode(text, 77), TestContext.Current.CancellationToken)).Length, 2, 77);
    }

    [Theory]
    [InlineData("{}", "the token '")]
    [InlineData("[]", "expected an object, found []")]
    [InlineData("{\"a\": -1}", "field 'a': expected a whole number")]
    [InlineData("{\"a\": 99999999999}", "field 'a': expected a whole number")]
    [InlineData("{\"a\": 5, \"b\": 5}", "field 'b': expected an id of its own, found 5 again")]
    [InlineData("{\"a\": 5, \"a\": 6}", "expected JSON")]
    [InlineData("{\"\\ud800\": 5}", "vocab.json: expected JSON text in UTF-8")]
    public void Vocabulary_that_is_none(string json, string message) => Assert.Contains(message, Refused("vocab.json", json), StringComparison.Ordinal);

    [Theory]
    [InlineData("#version: 0.2\na\n", "line 2: expected two tokens with a blank between them, found 'a'")]
    [InlineData("#version: 0.2\na b c\n", "line 2: expected two tokens")]
    [InlineData("#version: 0.2\n\nc h\n", "line 2: expected two tokens")]
    [InlineData("a z\n", "line 1: expected a pair that is a token of the vocabulary when merged, found 'a z'")]
    [InlineData("a zz\n", "line 1: expected tokens of the vocabulary, found 'a zz'")]
    public void Merges_that_do_not_fit_the_vocabulary(string merges, string message) => Assert.Contains(message, Refused("merges.txt", merges), StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_not_there()
    {
        Assert.Contains("vocab.json", Assert.Throws<ArtefactException>(() => new ClipTokenizer(_folder.Root)).Message, StringComparison.Ordinal);
        Assert.Contains("absent", Assert.Throws<ArtefactException>(() => new ClipTokenizer(_folder.PathOf("absent"))).Message, StringComparison.Ordinal);
    }

    private string Refused(string name, string content)
    {
        foreach (string file in (string[])["vocab.json", "merges.txt"]) File.Copy(Path.Combine(ClipTokenizerTests.SmallVocabulary, file), _folder.PathOf(file), overwrite: true);
        File.WriteAllText(_folder.PathOf(name), content);
        return Assert.Throws<ArtefactException>(() => new ClipTokenizer(_folder.Root)).Message;
    }

    /// <summary>What opens must also work.</summary>
    private void Use(string name, byte[] bytes, string tokenizer)
    {
        File.WriteAllBytes(_folder.PathOf(name), bytes);
        int[] ids = new ClipTokenizer(tokenizer).Encode("A photo of the refrigerator & a \u00e9t\u00e9 \U0001fa91.", 77);
        Assert.InRange(ids.Length, 2, 77);
    }

    private static byte[] Pack(byte[] text)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Fastest)) stream.Write(text);
        return packed.ToArray();
    }
}
