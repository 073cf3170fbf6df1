using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.SparseConv;

/// <summary>
/// Sparse convolution, MinkowskiEngine's convention:
///   output(u) = sum_k input(u + T d_k) @ kernel_k            input (Nin, Cin), kernel (K³ Cin, Cout), output (Nout, Cout)
/// over the voxels that exist; the map holds the pairs. Transposed, the pairs of the map are swapped and the kernel index stays:
///   output(c + T d_k) += input(c) @ kernel_k.
/// Gradients:  gradInput(v) = sum_k gradOutput(u) @ kernel_k^T,   gradKernel_k += sum over pairs of input(v)^T gradOutput(u).
/// Saved for backward: the input.
/// </summary>
public static partial class SparseConv
{
    /// <summary>output = convolution of input; what output held before is overwritten.</summary>
    public static void Forward(Device device, KernelMap map, bool transposed, Tensor input, Tensor kernel, Tensor output)
    {
        Check(map, transposed, input, kernel, output);
        if (device is CudaDevice cuda) ForwardCuda(cuda, map, transposed, input, kernel, output);
        else ForwardCpu((CpuDevice)device, map, transposed, input, kernel, output);
    }

    /// <summary>gradInput = gradient of the input, or gradInput += it when <paramref name="accumulate"/>.</summary>
    public static void BackwardInput(Device device, KernelMap map, bool transposed, Tensor gradOutput, Tensor kernel, Tensor gradInput, bool accumulate)
    {
        Check(map, transposed, gradInput, kernel, gradOutput);
        if (device is CudaDevice cuda) BackwardInputCuda(cuda, map, transposed, gradOutput, kernel, gradInput, accumulate);
        else BackwardInputCpu((CpuDevice)device, map, transposed, gradOutput, kernel, gradInput, accumulate);
    }

    /// <summary>gradKernel += gradient of the kernel.</summary>
    public static void BackwardKernel(Device device, KernelMap map, bool transposed, Tensor input, Tensor gradOutput, Tensor gradKernel)
    {
        Check(map, transposed, input, gradKernel, gradOutput);
        if (device is CudaDevice cuda) BackwardKernelCuda(cuda, map, transposed, input, gradOutput, gradKernel);
        else BackwardKernelCpu((CpuDevice)device, map, transposed, input, gradOutput, gradKernel);
    }

    private static void Check(KernelMap map, bool transposed, Tensor input, Tensor kernel, Tensor output)
    {
        (int inputs, int outputs) = transposed ? (map.OutputRows, map.InputRows) : (map.InputRows, map.OutputRows);
        if (input.Rows != inputs || output.Rows != outputs || kernel.Rows != map.KernelVolume * input.Columns || kernel.Columns != output.Columns)
            throw new ArgumentException($"input {input.Rows} x {input.Columns}, kernel {kernel.Rows} x {kernel.Columns} and output {output.Rows} x " +
                $"{output.Columns} do not fit a map of {inputs} to {outputs} rows at {map.KernelVolume} offsets");
    }
}
