using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Devoxelise;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Ops.Cuda;

public sealed class DevoxeliseKernelTests
{
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Outputs_and_gradients_are_the_cpus(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach ((int voxels, int points) in new[] { (0, 3), (5, 0), (1, 1), (300, 257) })
            foreach ((int columns, int before) in new[] { (1, 0), (3, 4), (8, 4), (32, 3) })
            {
                float[][] expected = Run(CpuDevice.Default, voxels, points, columns, before), actual = Run(device, voxels, points, columns, before);
                KernelAssert.Close(expected[0], actual[0], KernelAssert.Elementwise, $"output of {points} points, {voxels} voxels, {columns} channels");
                KernelAssert.Close(expected[1], actual[1], KernelAssert.Elementwise, $"gradInput of {points} points, {voxels} voxels, {columns} channels, and what lies beside it");
            }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Three_runs_give_the_same_bits(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        (int voxels, int points) = name == KernelDevices.Gpu ? (100_000, 200_000) : (1000, 2000);
        float[][] cpu = Run(CpuDevice.Default, voxels, points, 32, 0), expected = Run(device, voxels, points, 32, 0);
        for (int run = 0; run < 2; run++)
        {
            float[][] again = Run(device, voxels, points, 32, 0);
            for (int i = 0; i < expected.Length; i++) KernelAssert.SameBits(expected[i], again[i], $"result {i}");
        }
        for (int i = 0; i < expected.Length; i++) KernelAssert.Close(cpu[i], expected[i], KernelAssert.Elementwise, $"result {i}");
    }

    /// <summary>The output, and the whole matrix that gradInput lies in, <paramref name="before"/> columns from its start.</summary>
    private static float[][] Run(Device device, int voxels, int points, int columns, int before)
    {
        float[] cells = KernelData.Uniform("cells", 3 * voxels), positions = [.. KernelData.Uniform("positions", 3 * points).Select(value => 6 * value)];
        int[] rows = [.. Enumerable.Range(0, 4 * voxels).Select(i => i % 4 == 0 ? i / 4 % 2 : (int)MathF.Floor(5 * cells[(3 * (i / 4)) + (i % 4) - 1]))];
        using VoxelLevels levels = VoxelLevels.Build(device, rows, 2);
        VoxelGrid grid = levels[1];
        using var map = DevoxelisationMap.Build(device, grid, positions, [.. Enumerable.Range(0, points).Select(i => i % 2)]);
        (Tensor wholeInput, Tensor input) = KernelData.Inside(device, KernelData.Uniform("input", grid.Count * columns), grid.Count, columns, before, 4);
        (Tensor wholeGrad, Tensor gradInput) = KernelData.Inside(device, KernelData.Uniform("on input", grid.Count * columns), grid.Count, columns, before, 4, fill: 0.5f);
        using (wholeInput)
        using (wholeGrad)
        {
            using Tensor output = device.Memory.Rent(points, columns), gradOutput = KernelData.On(device, KernelData.Uniform("gradient", points * columns), points, columns);
            Devoxelise.Forward(device, input, map, output);
            Devoxelise.Backward(device, gradOutput, map, gradInput);
            return [output.ToArray(), wholeGrad.ToArray()];
        }
    }
}
