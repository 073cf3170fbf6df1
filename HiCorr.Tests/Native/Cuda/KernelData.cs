using HiCorr.Native.Devices;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;

namespace HiCorr.Tests.Native.Cuda;

/// <summary>Values of kernel tests, the same on every device.</summary>
internal static class KernelData
{
    /// <summary>Uniform in [-1, 1).</summary>
    public static float[] Uniform(string purpose, int count)
    {
        float[] values = new float[count];
        new CounterRandom(7, purpose).FillUniform(values, -1, 1);
        return values;
    }

    /// <summary>The same values as <paramref name="values"/> in a tensor of a device.</summary>
    public static Tensor On(Device device, ReadOnlySpan<float> values, int rows, int columns)
    {
        Tensor tensor = device.Memory.Rent(rows, columns);
        tensor.CopyFrom(values);
        return tensor;
    }

    /// <summary>Values in the middle columns of a wider tensor of <paramref name="fill"/>, as a concatenation has them.</summary>
    public static (Tensor Whole, Tensor View) Inside(Device device, ReadOnlySpan<float> values, int rows, int columns, int before = 4, int after = 8, float fill = 99)
    {
        Tensor whole = device.Memory.Rent(rows, before + columns + after);
        whole.Fill(fill);
        Tensor view = whole.Slice(before, columns);
        view.CopyFrom(values);
        return (whole, view);
    }
}
