using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.ConfusionMatrix;
using HiCorr.Native.Random;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Ops.Cuda;

public sealed class ConfusionMatrixKernelTests
{
    /// <summary>110 classes are the most whose counters lie in shared memory; at 111 and 254 they do not.</summary>
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Counts_are_the_cpus(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach ((int points, int classes) in new[]
        {
            (0, 3), (1, 1), (15, 3), (16, 3), (17, 8), (4095, 20), (4097, 110), (4097, 111), (3000, 254), (name == KernelDevices.Gpu ? 5_000_000 : 31, 20),
        })
        {
            ConfusionMatrix expected = new(classes), actual = new(classes);
            for (int scene = 0; scene < 2; scene++) // which add up
            {
                byte[] truth = Labels($"truth {scene}", points, classes), prediction = Labels($"prediction {scene}", points, classes);
                expected.Add(CpuDevice.Default, truth, prediction);
                actual.Add(device, truth, prediction);
            }
            for (int t = 0; t < classes; t++)
                for (int p = 0; p <= classes; p++)
                    Assert.True(expected[t, p] == actual[t, p], $"{points} points of {classes} classes: {actual[t, p]} of class {t} as {p}, not {expected[t, p]}");
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Counts_many_points_of_one_class(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        var matrix = new ConfusionMatrix(3);
        matrix.Add(device, new byte[100_003], new byte[100_003]);
        Assert.Equal((100_003, 100_003), (matrix[0, 0], matrix.Total));
    }

    /// <summary>Stretches of one label, as a surface has them, and one label in seven outside the classes.</summary>
    private static byte[] Labels(string purpose, int points, int classes)
    {
        var random = new CounterRandom(5, purpose);
        return [.. Enumerable.Range(0, points).Select(i => (ulong)(i / 5)).Select(i => random.Integer(2 * i, 7) == 0 ? (byte)(classes + random.Integer((2 * i) + 1, 256 - classes)) : (byte)random.Integer((2 * i) + 1, classes))];
    }
}
