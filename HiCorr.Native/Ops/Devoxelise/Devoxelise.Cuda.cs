using HiCorr.Native.Cuda;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.Devoxelise;

public static unsafe partial class Devoxelise
{
    private static void ForwardCuda(CudaDevice device, Tensor input, DevoxelisationMap map, Tensor output)
    {
        var tiles = new ColumnTiles(map.Points, input.Columns, input, output);
        KernelArguments arguments = default;
        arguments.Add(input.Data).Add((long)input.Stride).Add(map.Neighbours).Add(map.Weights).Add(output.Data).Add((long)output.Stride)
            .Add((long)map.Points).Add((long)input.Columns).Add((long)tiles.Width);
        device.Launch("devoxelise", "devoxelise_forward", tiles.Rows(device), ref arguments);
    }

    private static void BackwardCuda(CudaDevice device, Tensor gradOutput, DevoxelisationMap map, Tensor gradInput)
    {
        var tiles = new ColumnTiles(map.Voxels, gradInput.Columns, gradOutput, gradInput);
        KernelArguments arguments = default;
        arguments.Add(gradOutput.Data).Add((long)gradOutput.Stride).Add(map.Starts).Add(map.Entries).Add(map.Weights)
            .Add(gradInput.Data).Add((long)gradInput.Stride).Add((long)map.Voxels).Add((long)gradInput.Columns).Add((long)tiles.Width);
        device.Launch("devoxelise", "devoxelise_backward", tiles.Rows(device), ref arguments);
    }
}
