using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Networks.Cuda;

public sealed class SegmentationNetworkKernelTests
{
    private const int Points = 60, Classes = 24;

    private readonly PointCloud _cloud = new()
    {
        Positions = Numbers.Normal(3 * Points, 2), Colors = [.. Enumerable.Range(0, 3 * Points).Select(i => (byte)(i * 37))], Normals = new float[3 * Points],
    };

    /// <summary>Inner products are ranked on the device; cosines, and means over turns, on the host.</summary>
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Labels_are_the_cpus_and_confidence_is_near(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach ((CosineScoring? scoring, int turns) in new[] { ((CosineScoring?)null, 1), (new CosineScoring(10, null), 2) })
        {
            Prediction expected = Predict(CpuDevice.Default, scoring, turns), actual = Predict(device, scoring, turns);
            Assert.True(expected.Labels.Distinct().Count() > 1);
            Assert.Equal(expected.Labels, actual.Labels);
            KernelAssert.Close(expected.Confidence, actual.Confidence, 1e-4, "confidence");
        }
    }

    private Prediction Predict(Device device, CosineScoring? scoring, int turns)
    {
        var text = TextEmbeddings.Normalised(new ClassList("many", [.. Enumerable.Range(0, Classes).Select(c => $"class {c}")]), 4, Numbers.Normal(4 * Classes, 1));
        using var network = new SegmentationNetwork(device, text, 0.5) { Scoring = scoring, Turns = turns };
        return network.Predict(_cloud, (0, 0, 1));
    }
}
