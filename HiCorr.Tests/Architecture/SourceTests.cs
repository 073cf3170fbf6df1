namespace HiCorr.Tests.Architecture;

/// <summary>House rules that a compiler does not check.</summary>
public sealed class SourceTests
{
    private const int LongestFile = 400;

    /// <summary>An oracle that shares code with what it judges shares its mistakes.</summary>
    [Fact]
    public void Oracles_use_nothing_of_the_engine()
    {
        foreach (string file in Sources("HiCorr.Tests/Oracles"))
            Assert.False(File.ReadAllText(file).Contains("HiCorr.Native", StringComparison.Ordinal), $"{Path.GetFileName(file)} names HiCorr.Native");
    }

    [Theory]
    [InlineData("HiCorr.Native")]
    [InlineData("HiCorr.Pipeline")]
    [InlineData("HiCorr.Tests")]
    public void Files_can_be_read_in_one_sitting(string project)
    {
        string[] sources = Sources(project);
        Assert.NotEmpty(sources);
        foreach (string file in sources)
        {
            int lines = File.ReadLines(file).Count();
            Assert.True(lines <= LongestFile, $"{Path.GetRelativePath(SharedFolder.Repository(), file)} has {lines} lines; cut it at {LongestFile}");
        }
    }

    private static string[] Sources(string folder) =>
        [.. Directory.GetFiles(Path.Combine(SharedFolder.Repository(), folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))];
}
