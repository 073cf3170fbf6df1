using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Ops.Cuda;

public sealed class AttentionKernelTests
{
    [Theory]
    [MemberData(nameof(KernelDevices.Precisions), MemberType = typeof(KernelDevices))]
    public void Forward_and_backward_are_the_cpus(string name, Precision precision)
    {
        using CudaDevice device = KernelDevices.Open(name, precision);
        // No row; empty sequences and such of one row; a tile of 64 and one row more or less; heads of every kernel, full and not.
        foreach ((int[] lengths, int heads, int width) in new (int[], int, int)[]
            {
                ([], 2, 16), ([0], 1, 8), ([1, 3], 1, 8), ([5, 0, 1, 40], 2, 16), ([63, 65], 1, 8), ([64], 2, 48), ([33, 17], 1, 64), ([70], 1, 3), ([37], 1, 100),
            })
            AssertTheCpus(device, lengths, heads, width);
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Scores_that_overflow_an_exponential_are_no_trouble(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        // A score of 1000 itself is rounded by 3e-5.
        AssertTheCpus(device, [40], 1, 8, factor: 20, tolerance: 1e-4);
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Places_behind_a_sequence_have_no_weight_where_all_scores_are_low(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        // A score of zero there would weigh exp(1000) times what is in the sequence.
        AssertTheCpus(device, [40], 1, 8, offset: 20, tolerance: 1e-3);
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void A_head_that_is_too_wide_says_so(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        Assert.Contains("at most 128 columns, not 129", Assert.Throws<DeviceException>(() => Run(device, [2], 1, 129)).Message);
    }

    [Theory]
    [MemberData(nameof(KernelDevices.Precisions), MemberType = typeof(KernelDevices))]
    public void Three_runs_are_equal_to_the_last_bit(string name, Precision precision)
    {
        using CudaDevice device = KernelDevices.Open(name, precision);
        int[] lengths = name == KernelDevices.Gpu ? [8192, 3000] : [100];
        (int heads, int width) = name == KernelDevices.Gpu ? (8, 512) : (1, 32);
        Result first = Run(device, lengths, heads, width);
        for (int run = 0; run < 2; run++)
        {
            Result again = Run(device, lengths, heads, width);
            foreach ((string what, float[] expected, float[] actual) in first.Pairs(again)) KernelAssert.SameBits(expected, actual, what);
        }
    }

    private sealed record Result(float[] Output, float[] LogSumExp, float[] GradQ, float[] GradK, float[] GradV)
    {
        public IEnumerable<(string What, float[] Own, float[] Other)> Pairs(Result other) =>
        [
            ("output", Output, other.Output), ("logSumExp", LogSumExp, other.LogSumExp),
            ("gradQ", GradQ, other.GradQ), ("gradK", GradK, other.GradK), ("gradV", GradV, other.GradV),
        ];
    }

    private static void AssertTheCpus(CudaDevice device, int[] lengths, int heads, int width, float factor = 1, float offset = 0, double tolerance = 0)
    {
        Result expected = Run(CpuDevice.Default, lengths, heads, width, factor, offset), actual = Run(device, lengths, heads, width, factor, offset);
        string shape = $"[{string.Join(", ", lengths)}] x {heads} heads, {width} columns";
        foreach ((string what, float[] cpu, float[] kernel) in expected.Pairs(actual))
            KernelAssert.Close(cpu, kernel, Math.Max(tolerance, KernelAssert.ProductsIn(device.Precision)), $"{what} of {shape}");
    }

    /// <summary>As a layer has it: q, k and v, and their gradients, are columns of one tensor each. The offset is added to q and taken from k.</summary>
    private static Result Run(Device device, int[] lengths, int heads, int width, float factor = 1, float offset = 0)
    {
        int rows = lengths.Sum();
        float[] ofPart = [offset, -offset, 0];
        float[] values = [.. KernelData.Uniform("qkv", rows * 3 * width).Select((x, i) => (factor * x) + ofPart[i % (3 * width) / width])];
        using Tensor qkv = KernelData.On(device, values, rows, 3 * width), gradient = device.Memory.Rent(rows, 3 * width);
        using Tensor output = device.Memory.Rent(rows, width), logSumExp = device.Memory.Rent(heads, rows);
        (Tensor wholeGrad, Tensor gradOutput) = KernelData.Inside(device, KernelData.Uniform("gradOutput", rows * width), rows, width, before: 1);
        using (wholeGrad)
        {
            var segments = RowSegments.FromLengths(lengths);
            Tensor[] parts = [.. Enumerable.Range(0, 3).Select(i => qkv.Slice(i * width, width))];
            Tensor[] grads = [.. Enumerable.Range(0, 3).Select(i => gradient.Slice(i * width, width))];
            Attention.Forward(device, parts[0], parts[1], parts[2], segments, heads, output, logSumExp);
            Attention.Backward(device, parts[0], parts[1], parts[2], segments, heads, output, logSumExp, gradOutput, grads[0], grads[1], grads[2]);
            return new Result(output.ToArray(), logSumExp.ToArray(), grads[0].ToArray(), grads[1].ToArray(), grads[2].ToArray());
        }
    }
}
