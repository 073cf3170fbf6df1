using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Tests.Native;

/// <summary>Tensors with given values.</summary>
internal static class FilledTensor
{
    public static Tensor Of(CpuDevice device, ReadOnlySpan<float> values, int rows, int columns)
    {
        Tensor tensor = device.Memory.Rent(rows, columns);
        tensor.CopyFrom(values);
        return tensor;
    }

    /// <summary>Golden results, which are stored in double precision.</summary>
    public static float[] Singles(this Oracles.GoldenCase golden, string array) => [.. golden.Doubles(array).Select(v => (float)v)];
}
