using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.SparseConv;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Ops.Cuda;

public sealed class SparseConvKernelTests
{
    private enum Kind { Within3, Within5, Down, Up }

    private sealed record Results(float[] Output, float[] GradInput, float[] GradKernel);

    /// <summary>Values of six bits, whose products and sums are the same in every precision and order.</summary>
    [Theory]
    [MemberData(nameof(KernelDevices.Precisions), MemberType = typeof(KernelDevices))]
    public void Forward_and_backward_are_the_cpus(string name, Precision precision)
    {
        using CudaDevice device = KernelDevices.Open(name, precision);
        foreach ((Kind kind, int voxels, int inputs, int outputs) in new[]
        {
            (Kind.Within3, 0, 8, 8), (Kind.Within3, 1, 3, 3), (Kind.Down, 1, 32, 8), (Kind.Within5, 150, 3, 32), (Kind.Within3, 31, 32, 33), (Kind.Within3, 65, 33, 8),
            (Kind.Within3, 300, 32, 32), (Kind.Within3, 129, 96, 64), (Kind.Within3, 420, 8, 128), (Kind.Down, 300, 20, 96), (Kind.Up, 300, 64, 32), (Kind.Up, 1, 3, 8),
        })
        {
            Results expected = Run(CpuDevice.Default, kind, voxels, inputs, outputs), actual = Run(device, kind, voxels, inputs, outputs);
            Close(expected, actual, KernelAssert.Products, $"{kind} of {voxels} voxels, {inputs} to {outputs}");
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.Precisions), MemberType = typeof(KernelDevices))]
    public void Rounds_factors_as_the_precision_has_it(string name, Precision precision)
    {
        using CudaDevice device = KernelDevices.Open(name, precision);
        Results expected = Run(CpuDevice.Default, Kind.Within3, 200, 32, 24, rounds: false), actual = Run(device, Kind.Within3, 200, 32, 24, rounds: false);
        Close(expected, actual, KernelAssert.ProductsIn(precision), "rounded");
        if (precision == Precision.Fp32) return;
        Assert.ThrowsAny<Exception>(() => KernelAssert.Close(expected.Output, actual.Output, KernelAssert.Products, "output"));
    }

    [Theory]
    [MemberData(nameof(KernelDevices.Precisions), MemberType = typeof(KernelDevices))]
    public void Three_runs_give_the_same_bits(string name, Precision precision)
    {
        using CudaDevice device = KernelDevices.Open(name, precision);
        Results first = Run(device, Kind.Within3, 270, 8, 40, rounds: false);
        for (int i = 0; i < 2; i++)
        {
            Results again = Run(device, Kind.Within3, 270, 8, 40, rounds: false);
            KernelAssert.SameBits(first.Output, again.Output, "output");
            KernelAssert.SameBits(first.GradInput, again.GradInput, "gradInput");
            KernelAssert.SameBits(first.GradKernel, again.GradKernel, "gradKernel");
        }
    }

    /// <summary>So many blocks that each goes through more rows than it lists at once, and tiles of every size.</summary>
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Sums_more_pairs_than_are_listed_at_once(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        Results expected = Run(CpuDevice.Default, Kind.Within5, 1100, 96, 96, extent: 40), actual = Run(device, Kind.Within5, 1100, 96, 96, extent: 40);
        Close(expected, actual, KernelAssert.Products, "many blocks");
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void A_large_scene_is_the_cpus(string name)
    {
        Assert.SkipUnless(name == KernelDevices.Gpu, "takes minutes on the emulator");
        using CudaDevice device = KernelDevices.Open(name);
        Results expected = Run(CpuDevice.Default, Kind.Within3, 200_000, 32, 32, extent: 90), actual = Run(device, Kind.Within3, 200_000, 32, 32, extent: 90);
        Close(expected, actual, KernelAssert.Products, "a large scene");
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Adds_to_the_gradients_that_are_there(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        (float[] GradInput, float[] GradKernel) Twice(Device on)
        {
            using VoxelLevels levels = VoxelLevels.Build(on, Cloud(80, 6), 1);
            KernelMap map = levels.Within(0, 3);
            int rows = levels[0].Count;
            using Tensor input = Filled(on, "input", rows, 9, true), kernel = Filled(on, "kernel", 27 * 9, 5, true), gradOutput = Filled(on, "gradOutput", rows, 5, true);
            using Tensor gradInput = on.Memory.RentZeros(rows, 9), gradKernel = on.Memory.RentZeros(27 * 9, 5);
            for (int i = 0; i < 2; i++)
            {
                SparseConv.BackwardInput(on, map, false, gradOutput, kernel, gradInput, accumulate: true);
                SparseConv.BackwardKernel(on, map, false, input, gradOutput, gradKernel);
            }
            return (gradInput.ToArray(), gradKernel.ToArray());
        }
        (float[] gradInput, float[] gradKernel) = Twice(CpuDevice.Default);
        (float[] kernelGradInput, float[] kernelGradKernel) = Twice(device);
        KernelAssert.Close(gradInput, kernelGradInput, KernelAssert.Products, "gradInput");
        KernelAssert.Close(gradKernel, kernelGradKernel, KernelAssert.Products, "gradKernel");
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Reads_and_writes_columns_of_a_wider_tensor_only(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        using VoxelLevels levels = VoxelLevels.Build(device, Cloud(70, 6), 1), hostLevels = VoxelLevels.Build(CpuDevice.Default, Cloud(70, 6), 1);
        int rows = levels[0].Count;
        float[] x = KernelData.Uniform("input", rows * 16);
        using Tensor kernel = Filled(device, "kernel", 27 * 16, 24, true), hostKernel = Filled(CpuDevice.Default, "kernel", 27 * 16, 24, true);
        using Tensor hostInput = KernelData.On(CpuDevice.Default, x, rows, 16), expected = CpuDevice.Default.Memory.Rent(rows, 24);
        SparseConv.Forward(CpuDevice.Default, hostLevels.Within(0, 3), false, hostInput, hostKernel, expected);
        foreach (int before in new[] { 3, 4 }) // with rows at odd places, and aligned for copies of four values
        {
            (Tensor wideInput, Tensor input) = KernelData.Inside(device, x, rows, 16, before, fill: float.NaN);
            (Tensor wideOutput, Tensor output) = KernelData.Inside(device, new float[rows * 24], rows, 24, before);
            using (wideInput)
            using (wideOutput)
            {
                SparseConv.Forward(device, levels.Within(0, 3), false, input, kernel, output);
                KernelAssert.Close(expected.ToArray(), output.ToArray(), KernelAssert.Products, "output");
                Assert.All(wideOutput.Slice(0, before).ToArray(), value => Assert.Equal(99, value));
                Assert.All(wideOutput.Slice(before + 24, 8).ToArray(), value => Assert.Equal(99, value));
            }
        }
    }

    private static Results Run(Device device, Kind kind, int voxels, int inputs, int outputs, bool rounds = true, int extent = 8)
    {
        using VoxelLevels levels = VoxelLevels.Build(device, Cloud(voxels, extent), 2);
        KernelMap map = kind switch { Kind.Within3 => levels.Within(0, 3), Kind.Within5 => levels.Within(0, 5), _ => levels.Down(0) };
        bool transposed = kind == Kind.Up;
        int inputRows = levels[transposed ? 1 : 0].Count, outputRows = levels[kind == Kind.Down ? 1 : 0].Count;
        using Tensor input = Filled(device, "input", inputRows, inputs, rounds), kernel = Filled(device, "kernel", map.KernelVolume * inputs, outputs, rounds);
        using Tensor gradOutput = Filled(device, "gradOutput", outputRows, outputs, rounds), output = device.Memory.Rent(outputRows, outputs);
        using Tensor gradInput = device.Memory.Rent(inputRows, inputs), gradKernel = device.Memory.RentZeros(kernel.Rows, outputs);
        SparseConv.Forward(device, map, transposed, input, kernel, output);
        SparseConv.BackwardInput(device, map, transposed, gradOutput, kernel, gradInput, accumulate: false);
        SparseConv.BackwardKernel(device, map, transposed, input, gradOutput, gradKernel);
        return new Results(output.ToArray(), gradInput.ToArray(), gradKernel.ToArray());
    }

    private static void Close(Results expected, Results actual, double tolerance, string what)
    {
        KernelAssert.Close(expected.Output, actual.Output, tolerance, "output of " + what);
        KernelAssert.Close(expected.GradInput, actual.GradInput, tolerance, "gradInput of " + what);
        KernelAssert.Close(expected.GradKernel, actual.GradKernel, tolerance, "gradKernel of " + what);
    }

    private static Tensor Filled(Device device, string purpose, int rows, int columns, bool rounds)
    {
        float[] values = KernelData.Uniform(purpose, rows * columns);
        return KernelData.On(device, rounds ? [.. values.Select(v => MathF.Round(v * 32) / 32)] : values, rows, columns);
    }

    /// <summary>So many different voxels at random places of a cube around the origin.</summary>
    private static int[] Cloud(int voxels, int extent)
    {
        int[] cells = [.. Enumerable.Range(0, extent * extent * extent)];
        new CounterRandom(11, "cloud").Shuffle(cells);
        return [.. cells.Take(voxels).SelectMany(cell => new[] { 0, (cell % extent) - 3, (cell / extent % extent) - 3, (cell / extent / extent) - 3 })];
    }
}
