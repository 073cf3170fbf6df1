using System.Globalization;
using HiCorr.Native.Devices;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Networks;

public sealed class NetworkFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(ClassList.None)]
    public void Reads_back_as_many_classes_as_a_run_may_have(int count)
    {
        string[] names = [.. Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"class {i}"))];
        using var device = new CpuDevice(1);
        var text = TextEmbeddings.Normalised(new ClassList("many", names), 4, Numbers.Normal(4 * count, 1));
        using (var network = new SegmentationNetwork(device, text, 0.05)) NetworkFile.Write(_folder.PathOf("n.safetensors"), network, new Dictionary<string, string>());

        using SegmentationNetwork read = NetworkFile.Read(_folder.PathOf("n.safetensors"), device);

        Assert.Equal(names, read.Text.Classes.Names);
        Assert.Equal(text.Rows, read.Text.Rows);
        Assert.Equal(0.05, read.VoxelSize);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Keeps_how_a_distilled_network_is_scored(bool distilled)
    {
        using var device = new CpuDevice(1);
        var text = TextEmbeddings.Normalised(new ClassList("two", ["a", "b"]), 4, Numbers.Normal(8, 1));
        CosineScoring? scoring = distilled ? new CosineScoring(15, [0.25f, -1]) : null;
        var cloud = new PointCloud { Positions = Numbers.Normal(30, 2), Colors = new byte[30], Normals = new float[30] };
        Prediction before;
        using (var network = new SegmentationNetwork(device, text, 0.05) { Scoring = scoring })
        {
            before = network.Predict(cloud, (0, 0, 1));
            NetworkFile.Write(_folder.PathOf("n.safetensors"), network, new Dictionary<string, string>());
        }

        using SegmentationNetwork read = NetworkFile.Read(_folder.PathOf("n.safetensors"), device);

        Assert.Equal(scoring?.Scale, read.Scoring?.Scale);
        Assert.Equal(scoring?.Bias, read.Scoring?.Bias);
        Prediction after = read.Predict(cloud, (0, 0, 1));
        Assert.Equal(before.Labels, after.Labels);
        Assert.Equal(before.Confidence, after.Confidence);
    }

    [Fact]
    public void Keeps_what_the_network_knows_of_a_voxel()
    {
        using var device = new CpuDevice(1);
        var text = TextEmbeddings.Normalised(new ClassList("two", ["a", "b"]), 4, Numbers.Normal(8, 1));
        using (var network = new SegmentationNetwork(device, text, 0.05, NetworkInputs.ColorAndShape))
            NetworkFile.Write(_folder.PathOf("n.safetensors"), network, new Dictionary<string, string>());

        using SegmentationNetwork read = NetworkFile.Read(_folder.PathOf("n.safetensors"), device);

        Assert.Equal(NetworkInputs.ColorAndShape, read.Inputs);
    }

    [Fact]
    public void Names_the_cloud_and_the_point_that_lies_too_far_away()
    {
        using var device = new CpuDevice(1);
        using var network = new SegmentationNetwork(device, TextEmbeddings.Normalised(new ClassList("two", ["a", "b"]), 4, Numbers.Normal(8, 1)), 0.05);
        var cloud = new PointCloud { Source = "far.ply", Positions = [0, 0, 0, 1e30f, 0, 0], Colors = new byte[6], Normals = new float[6] };

        Exception error = Assert.ThrowsAny<Exception>(() => network.Predict(cloud, (0, 0, 1)));

        var input = Assert.IsType<InputException>(error is AggregateException wrapped ? wrapped.InnerException : error);
        Assert.StartsWith("far.ply, point 0: expected points within", input.Message, StringComparison.Ordinal);
    }
}
