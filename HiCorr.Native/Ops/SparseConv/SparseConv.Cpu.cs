using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Gemm;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.SparseConv;

public static partial class SparseConv
{
    private const int LargestVolume = 125;

    private static void ForwardCpu(CpuDevice device, KernelMap map, bool transposed, Tensor input, Tensor kernel, Tensor output)
    {
        using PackedMatrix packed = PackedMatrix.Pack(device, kernel, map.KernelVolume, transposed: false);
        GatherGemm.Multiply(device, Collect(map, transposed, stackalloc RowPairs[LargestVolume]), input, packed, output, keep: false);
    }

    private static void BackwardInputCpu(CpuDevice device, KernelMap map, bool transposed, Tensor gradOutput, Tensor kernel, Tensor gradInput, bool accumulate)
    {
        using PackedMatrix packed = PackedMatrix.Pack(device, kernel, map.KernelVolume, transposed: true);
        GatherGemm.Multiply(device, Collect(map, !transposed, stackalloc RowPairs[LargestVolume]), gradOutput, packed, gradInput, keep: accumulate);
    }

    private static void BackwardKernelCpu(CpuDevice device, KernelMap map, bool transposed, Tensor input, Tensor gradOutput, Tensor gradKernel) =>
        GatherGemm.OuterProducts(device, Collect(map, transposed, stackalloc RowPairs[LargestVolume]), input, gradOutput, gradKernel);

    private static Span<RowPairs> Collect(KernelMap map, bool reverse, Span<RowPairs> lists)
    {
        for (int k = 0; k < map.KernelVolume; k++) lists[k] = map.Pairs(k, reverse);
        return lists[..map.KernelVolume];
    }
}
