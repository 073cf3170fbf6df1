using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Tests.Native.Cuda;

/// <summary>How near a kernel's result must lie to the CPU's, one table for every device.</summary>
public static class KernelAssert
{
    /// <summary>Largest error, relative to the largest value of the array: float32 rounding of a few operations.</summary>
    public const double Elementwise = 2e-6;

    /// <summary>The same for sums of thousands of products, whose order differs between devices.</summary>
    public const double Products = 1e-5;

    /// <summary>The same for products whose factors are rounded.</summary>
    public static double ProductsIn(Precision precision) => precision switch
    {
        Precision.Tf32 or Precision.Fp16 => 2e-3,
        Precision.Bf16 => 1.6e-2,
        _ => Products,
    };

    /// <summary>Every value, not the mean, within tolerance times the largest expected magnitude.</summary>
    public static void Close(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = 0, worst = 0;
        int at = 0;
        foreach (float value in expected) largest = Math.Max(largest, Math.Abs((double)value));
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs((double)expected[i] - actual[i]);
            if (error <= worst) continue;
            (worst, at) = (double.IsNaN(error) ? double.PositiveInfinity : error, i);
        }
        for (int i = 0; i < actual.Length; i++)
            if (!float.IsFinite(actual[i]) && float.IsFinite(expected[i])) (worst, at) = (double.PositiveInfinity, i);
        Assert.True(worst <= tolerance * Math.Max(largest, 1e-30),
            expected.Length == 0 ? what : $"{what}: value {at} is {actual[at]:g9}, not {expected[at]:g9}; off by {worst / largest:g3} of the largest, {largest:g3}; allowed {tolerance:g3}");
    }

    public static void Close(Tensor expected, Tensor actual, double tolerance, string what) => Close(expected.ToArray(), actual.ToArray(), tolerance, what);

    /// <summary>A loss within a relative tolerance.</summary>
    public static void Close(double expected, double actual, double tolerance, string what) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * Math.Max(Math.Abs(expected), 1e-12), $"{what} is {actual:g9}, not {expected:g9}");

    /// <summary>The same values to the last bit.</summary>
    public static void SameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        for (int i = 0; i < expected.Length; i++)
            Assert.True(BitConverter.SingleToUInt32Bits(expected[i]) == BitConverter.SingleToUInt32Bits(actual[i]), $"{what}: value {i} is {actual[i]:g9}, not {expected[i]:g9}");
    }
}
