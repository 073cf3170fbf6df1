using CommandLine;
using HiCorr.Pipeline.Cli;

namespace HiCorr.Tests.Cli;

public sealed class VerbsTests
{
    [Fact]
    public void Every_verb_is_found_under_its_name()
    {
        Type[] all = [.. typeof(Verb).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Verb)) && !type.IsAbstract)];
        Assert.Equal(all.ToHashSet(), Verbs.All.ToHashSet());
        foreach (Type type in all)
        {
            string name = ((VerbAttribute)Attribute.GetCustomAttribute(type, typeof(VerbAttribute))!).Name;
            Assert.Equal(type, Verbs.Find(name));
        }
        Assert.Null(Verbs.Find("no-such-verb"));
    }

    [Theory]
    [InlineData("model check pack --json", "model check|pack|--json")]
    [InlineData("model chek pack", "model chek|pack")]
    [InlineData("model --help", "model|--help")]
    [InlineData("render check", "render|check")]
    public void Joins_the_words_of_a_verb(string line, string expected) => Assert.Equal(expected.Split('|'), Verbs.JoinWords(line.Split(' ')));
}
