using HiCorr.Native.Devices;
using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Cli;

public sealed class PredictVerbTests : IDisposable
{
    private static readonly float[] s_positions = [0, 0, 0, 1, 0, 0, 0, 1, 0];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Warns_of_a_cloud_without_colours(bool colours)
    {
        string errors = Predict(NetworkInputs.Color, new PlyContent { Positions = s_positions, Colors = colours ? new byte[9] : null });

        Assert.Equal(!colours, errors.Contains("c.ply has no colours", StringComparison.Ordinal));
        Assert.Equal(3, PlyReader.ReadCloud(_folder.PathOf("out", "c.prediction.ply")).Count);
    }

    [Theory]
    [InlineData(NetworkInputs.ColorAndShape, false, true)]
    [InlineData(NetworkInputs.ColorAndShape, true, false)]
    [InlineData(NetworkInputs.Color, false, false)]
    public void Warns_that_it_estimates_the_normals_of_a_cloud_without_where_the_network_wants_them(NetworkInputs inputs, bool normals, bool warns)
    {
        string errors = Predict(inputs, new PlyContent { Positions = s_positions, Colors = new byte[9], Normals = normals ? [0, 0, 1, 0, 0, 1, 0, 0, 1] : null });

        Assert.Equal(warns, errors.Contains("c.ply has neither normals", StringComparison.Ordinal));
    }

    private string Predict(NetworkInputs inputs, PlyContent cloud)
    {
        using (var device = new CpuDevice(1))
        using (var network = new SegmentationNetwork(device, TextEmbeddings.Normalised(new ClassList("two", ["a", "b"]), 4, Numbers.Normal(8, 1)), 0.05, inputs))
            NetworkFile.Write(_folder.PathOf("n.safetensors"), network, new Dictionary<string, string>());
        PlyWriter.Write(_folder.PathOf("c.ply"), cloud);

        (int code, _, string errors) = HicorrProcess.Run("predict", "--network", _folder.PathOf("n.safetensors"), "--cloud", _folder.PathOf("c.ply"), "--out", _folder.PathOf("out"));

        Assert.True(code == 0, errors);
        return errors;
    }
}
