using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Optim;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Optim.Cuda;

public sealed class OptimiserKernelTests
{
    private const int Steps = 3;

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Sgd_gives_the_cpus_bits(string name) => AssertSameBits(name, (device, parameters) => new Sgd(device, parameters));

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void AdamW_gives_the_cpus_bits(string name) => AssertSameBits(name, (device, parameters) => new AdamW(device, parameters, weightDecay: 0.05));

    private static void AssertSameBits(string name, Func<Device, IReadOnlyList<Parameter>, IOptimiser> open)
    {
        using CudaDevice device = KernelDevices.Open(name);
        // One value, less and more than a block, and more than the grid has threads where it strides.
        foreach ((int rows, int columns) in new[] { (1, 1), (3, 7), (9, 257), (name == KernelDevices.Gpu ? 40_000 : 400, 96) })
        {
            float[][] expected = Run(CpuDevice.Default, open, rows, columns), actual = Run(device, open, rows, columns);
            for (int i = 0; i < expected.Length; i++) KernelAssert.SameBits(expected[i], actual[i], $"array {i} of {rows} x {columns}");
        }
    }

    /// <summary>The values, then what the optimiser keeps.</summary>
    private static float[][] Run(Device device, Func<Device, IReadOnlyList<Parameter>, IOptimiser> open, int rows, int columns)
    {
        using var parameter = new Parameter(device, "p", rows, columns);
        using IOptimiser optimiser = open(device, [parameter]);
        parameter.Value.CopyFrom(KernelData.Uniform("value", rows * columns));
        for (int step = 0; step < Steps; step++)
        {
            parameter.Gradient.CopyFrom(KernelData.Uniform($"gradient {step}", rows * columns));
            optimiser.Step(0.1);
        }
        return [parameter.Value.ToArray(), .. optimiser.Buffers.Select(buffer => buffer.Value.ToArray())];
    }
}
