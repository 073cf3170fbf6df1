using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.Devoxelise;

/// <summary>
/// Features of points from those of the voxels around them, trilinearly (torchsparse's spdevoxelize):
///   output_i = Σ_k w_ik input_{r_ik}                                        input (M, C), output (N, C), r and w (N, 8): <see cref="DevoxelisationMap"/>
/// Gradient: gradInput_v += Σ w_ik gradOutput_i over all i, k with r_ik = v, in rising order of i. Saved for backward: the map.
/// </summary>
public static partial class Devoxelise
{
    /// <summary>output = features of the map's points; zero for a point without voxels around it.</summary>
    public static void Forward(Device device, Tensor input, DevoxelisationMap map, Tensor output)
    {
        Check(input, map, output);
        if (device is CudaDevice cuda) ForwardCuda(cuda, input, map, output);
        else ForwardCpu((CpuDevice)device, input, map, output);
    }

    /// <summary>gradInput += gradient of the voxels' features.</summary>
    public static void Backward(Device device, Tensor gradOutput, DevoxelisationMap map, Tensor gradInput)
    {
        Check(gradInput, map, gradOutput);
        if (device is CudaDevice cuda) BackwardCuda(cuda, gradOutput, map, gradInput);
        else BackwardCpu((CpuDevice)device, gradOutput, map, gradInput);
    }

    private static void Check(Tensor voxels, DevoxelisationMap map, Tensor points)
    {
        if (voxels.Rows != map.Voxels || points.Rows != map.Points || points.Columns != voxels.Columns)
            throw new ArgumentException($"a map from {map.Voxels} voxels to {map.Points} points does not fit {voxels.Rows} x {voxels.Columns} and {points.Rows} x {points.Columns}");
    }
}
