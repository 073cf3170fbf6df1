using System.Reflection;
using CommandLine;
using HiCorr.Pipeline.Cli;

namespace HiCorr.Tests.Cli;

public sealed class UsualFormTests
{
    [Theory]
    [InlineData("oversegment --mesh a.ply --out a.json")]
    [InlineData("oversegment --quiet --threshold 1e-3 --root r --min-vertices 7 --out o --set a=1 b=2 --json")]
    [InlineData("oversegment --set a=1 --out o --seed 3")]
    [InlineData("train --out o --root r")]
    [InlineData("run --out o --train-split all --shard 1/2")]
    [InlineData("demo")]
    [InlineData("demo --out o")]
    [InlineData("config --preset demo")]
    [InlineData("synth --out o --scenes 2 --val 1 --seed 5")]
    [InlineData("evaluate --out o --json")]
    [InlineData("predict --network n --cloud c --out o")]
    public void Gives_what_the_parser_gives(string line)
    {
        string[] args = line.Split(' ');
        Verb verb = Verbs.Make(args[0])!, parsed = Parse(args)!;
        Assert.True(UsualForm.TryRead(verb, args.AsSpan(1)));
        foreach (PropertyInfo property in verb.GetType().GetProperties().Where(p => p.IsDefined(typeof(OptionAttribute))))
            Assert.Equal(property.GetValue(parsed), property.GetValue(verb));
    }

    [Theory]
    [InlineData("oversegment")] // --out is missing
    [InlineData("oversegment --help")]
    [InlineData("oversegment --out")]
    [InlineData("oversegment --out a b")]
    [InlineData("oversegment --out=a")]
    [InlineData("oversegment --out a --out b")]
    [InlineData("oversegment --out a --quiet yes")]
    [InlineData("oversegment --out a --unknown b")]
    [InlineData("oversegment --out a stray")]
    [InlineData("oversegment stray --out a")]
    [InlineData("oversegment --out a --seed 1.5")]
    [InlineData("oversegment --out a --seed -1")]
    [InlineData("oversegment --out a --threshold much")]
    [InlineData("oversegment --out a --set")]
    [InlineData("render --ply a.ply,b.ply --out a.png")]
    [InlineData("bench network --voxels a.npy")]
    public void Leaves_the_rest_to_the_parser(string line)
    {
        string[] args = line.Split(' ');
        Assert.False(UsualForm.TryRead(Verbs.Make(args[0])!, args.AsSpan(1)));
    }

    private static Verb? Parse(string[] args)
    {
        using var parser = new Parser();
        return (parser.ParseArguments(args, Verbs.All) as Parsed<object>)?.Value as Verb;
    }
}
