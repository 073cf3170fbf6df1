using HiCorr.Native.Cuda.Compilation;

namespace HiCorr.Tests.Native.Cuda.Compilation;

public sealed class KernelSourcesTests
{
    [Fact]
    public void Ships_every_kernel_of_the_repository()
    {
        string[] files = [.. Directory.GetFiles(Path.Combine(SharedFolder.Repository(), "cuda"), "*.cu").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

        Assert.Equal(files, KernelSources.Embedded.Names);
    }

    [Fact]
    public void Headers_are_named_with_their_folder()
    {
        string common = Path.Combine(SharedFolder.Repository(), "cuda", "common");
        string[] files = Directory.Exists(common) ? [.. Directory.GetFiles(common, "*.cuh").Select(file => "common/" + Path.GetFileName(file)).Order(StringComparer.Ordinal)] : [];

        Assert.Equal(files, KernelSources.Embedded.Headers.Select(header => header.Name));
    }

    [Fact]
    public void Hot_kernels_are_those_below_the_mark()
    {
        const string Text = """
            KERNEL(128) void cold(float* x) {}
            // hot
            KERNEL(256) void scale_forward(float* x) {}
            // hot
            KERNEL(32 * WARPS) void scale_backward(
                float* x) {}
            """;
        var sources = new KernelSources(new Dictionary<string, string> { ["scale"] = Text }, new Dictionary<string, string>());

        Assert.Equal(["scale_forward", "scale_backward"], sources.HotKernels("scale"));
    }

    /// <summary>A mark that stands elsewhere would watch over nothing.</summary>
    [Fact]
    public void Every_mark_of_the_shipped_kernels_has_a_kernel()
    {
        KernelSources sources = KernelSources.Embedded;
        foreach (string name in sources.Names)
            Assert.Equal(sources.Read(name).Split('\n').Count(line => line.Trim() == "// hot"), sources.HotKernels(name).Count);
    }
}
