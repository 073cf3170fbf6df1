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
}
