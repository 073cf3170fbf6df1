using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Gather;

/// <summary>
/// Some rows of a matrix, and their gradient:
///   output_i = input_{r_i},   gradInput_{r_i} += gradOutput_i in the order of i                    input (N, C), rows r (n), output (n, C)
/// Rows may repeat: two points may share a voxel.
/// </summary>
public static partial class Gather
{
    /// <summary>output = the given rows of input.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A row is none of input's.</exception>
    public static void Forward(Device device, Tensor input, ReadOnlySpan<int> rows, Tensor output)
    {
        Check(input, rows, output);
        if (device is CudaDevice cuda) ForwardCuda(cuda, input, rows, output);
        else ForwardCpu(input, rows, output);
    }

    /// <summary>gradInput += gradOutput at the given rows; the other rows stay as they are.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A row is none of gradInput's.</exception>
    public static void Backward(Device device, Tensor gradOutput, ReadOnlySpan<int> rows, Tensor gradInput)
    {
        Check(gradInput, rows, gradOutput);
        if (device is CudaDevice cuda) BackwardCuda(cuda, gradOutput, rows, gradInput);
        else BackwardCpu(gradOutput, rows, gradInput);
    }

    private static void Check(Tensor whole, ReadOnlySpan<int> rows, Tensor part)
    {
        if (part.Rows != rows.Length || part.Columns != whole.Columns)
            throw new ArgumentException($"{rows.Length} rows of {whole.Rows} x {whole.Columns} do not fit {part.Rows} x {part.Columns}");
        foreach (int row in rows) ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)whole.Rows, nameof(rows));
    }
}
