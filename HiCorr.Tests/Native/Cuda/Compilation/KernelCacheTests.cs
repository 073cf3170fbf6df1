using HiCorr.Native.Cuda.Compilation;

namespace HiCorr.Tests.Native.Cuda.Compilation;

public sealed class KernelCacheTests
{
    [Fact]
    public void Key_depends_on_where_a_part_ends() => Assert.NotEqual(KernelCache.Key(["ab", "c"]), KernelCache.Key(["a", "bc"]));

    [Fact]
    public void Writes_over_an_older_file_and_leaves_nothing_else()
    {
        using var folder = new TemporaryFolder();
        var cache = new KernelCache(folder.PathOf("deep", "cache"));

        cache.Write("a.cubin", [1]);
        cache.Write("a.cubin", [2, 3]);

        Assert.Equal([2, 3], File.ReadAllBytes(cache.PathOf("a.cubin")));
        Assert.Single(Directory.GetFiles(cache.Folder));
    }
}
