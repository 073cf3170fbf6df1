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
}
