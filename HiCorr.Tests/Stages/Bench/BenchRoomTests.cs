using HiCorr.Pipeline.Stages.Bench;

namespace HiCorr.Tests.Stages.Bench;

public sealed class BenchRoomTests
{
    [Theory]
    [InlineData(10_000)]
    [InlineData(120_000)]
    public void Has_about_as_many_voxels_as_asked_for_and_none_twice(int count)
    {
        int[][] voxels = [.. NetworkBenchmark.ReadVoxels($"made:{count}").Chunk(4)];

        Assert.InRange(voxels.Length, 0.9 * count, 1.1 * count);
        Assert.Equal(voxels.Length, voxels.Select(v => (v[1], v[2], v[3])).Distinct().Count());
    }

    [Theory]
    [InlineData("made:")]
    [InlineData("made:many")]
    [InlineData("made:5")]
    public void Another_name_is_refused_with_the_way_out(string name) =>
        Assert.Contains("made:100", Assert.Throws<ConfigurationException>(() => NetworkBenchmark.ReadVoxels(name)).Message, StringComparison.Ordinal);
}
