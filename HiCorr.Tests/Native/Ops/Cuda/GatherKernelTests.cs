using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Gather;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Ops.Cuda;

public sealed class GatherKernelTests
{
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Forward_and_backward_have_the_cpus_bits(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        (int, int, int)[] cases = [(0, 0, 8), (5, 0, 8), (1, 1, 1), (1, 300, 3), (40, 257, 8), (500, 90, 33), (300, 2000, 32)];
        if (name == KernelDevices.Gpu) cases = [.. cases, (200_000, 300_000, 32)];
        foreach ((int whole, int count, int columns) in cases)
        {
            int[] rows = Rows(count, whole);
            (float[] output, float[] gradInput) = Run(CpuDevice.Default, rows, whole, columns);
            for (int run = 0; run < 3; run++)
            {
                (float[] kernelOutput, float[] kernelGradInput) = Run(device, rows, whole, columns);
                KernelAssert.SameBits(output, kernelOutput, $"output of {count} of {whole} rows x {columns}, run {run}");
                KernelAssert.SameBits(gradInput, kernelGradInput, $"gradInput of {count} of {whole} rows x {columns}, run {run}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Reads_and_writes_some_columns_whether_they_are_aligned_or_not(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        float[] x = KernelData.Uniform("x", 6 * 8);
        int[] rows = [5, 0, 5, 2];
        foreach (int before in new[] { 3, 4 })
        {
            (Tensor wholeInput, Tensor input) = KernelData.Inside(device, x, 6, 8, before);
            (Tensor wholeOutput, Tensor output) = KernelData.Inside(device, new float[4 * 8], 4, 8);
            using (wholeInput)
            using (wholeOutput)
            {
                Gather.Forward(device, input, rows, output);
                Assert.Equal([.. rows.SelectMany(row => x.AsSpan(8 * row, 8).ToArray())], output.ToArray());
                Assert.All(wholeOutput.Slice(12, 8).ToArray(), value => Assert.Equal(99, value));

                Gather.Backward(device, output, rows, input);
                Assert.Equal([.. x.Select((value, i) => (i / 8) switch { 5 => value + value + value, 0 or 2 => value + value, _ => value })], input.ToArray());
                Assert.All(wholeInput.Slice(0, before).ToArray(), value => Assert.Equal(99, value));
                Assert.All(wholeInput.Slice(before + 8, 8).ToArray(), value => Assert.Equal(99, value));
            }
        }
    }

    private static int[] Rows(int count, int whole)
    {
        var random = new CounterRandom(3, "rows");
        return [.. Enumerable.Range(0, count).Select(i => random.Integer((ulong)i, whole))];
    }

    private static (float[] Output, float[] GradInput) Run(Device device, int[] rows, int whole, int columns)
    {
        using Tensor input = KernelData.On(device, KernelData.Uniform("input", whole * columns), whole, columns), output = device.Memory.Rent(rows.Length, columns);
        using Tensor gradOutput = KernelData.On(device, KernelData.Uniform("gradient", rows.Length * columns), rows.Length, columns);
        Gather.Forward(device, input, rows, output);
        Gather.Backward(device, gradOutput, rows, input);
        return (output.ToArray(), input.ToArray());
    }
}
