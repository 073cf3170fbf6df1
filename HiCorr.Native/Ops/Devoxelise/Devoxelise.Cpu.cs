using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.Devoxelise;

public static unsafe partial class Devoxelise
{
    private const int RowsPerBlock = 128;

    private static void ForwardCpu(CpuDevice device, Tensor input, DevoxelisationMap map, Tensor output) =>
        device.Threads.For(Blocks(map.Points), new ForwardBlock(input.Data, input.Stride, map.Neighbours, map.Weights, output.Data, output.Stride, map.Points, input.Columns));

    private static void BackwardCpu(CpuDevice device, Tensor gradOutput, DevoxelisationMap map, Tensor gradInput) =>
        device.Threads.For(Blocks(map.Voxels), new BackwardBlock(gradOutput.Data, gradOutput.Stride, map.Starts, map.Entries, map.Weights,
            gradInput.Data, gradInput.Stride, map.Voxels, gradInput.Columns));

    private static int Blocks(int rows) => (rows + RowsPerBlock - 1) / RowsPerBlock;

    /// <summary>to[i] += weight values[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float weight, float* values, float* to, int count)
    {
        int i = 0;
        for (; i + 8 <= count; i += 8) (Vector256.Load(to + i) + (Vector256.Create(weight) * Vector256.Load(values + i))).Store(to + i);
        for (; i < count; i++) to[i] += weight * values[i];
    }

    private readonly struct ForwardBlock(float* input, int inputStride, int* neighbours, float* weights, float* output, int outputStride, int points, int columns)
        : IParallelBlock
    {
        public void Execute(int index)
        {
            for (int point = index * RowsPerBlock; point < Math.Min(points, (index + 1) * RowsPerBlock); point++)
            {
                float* result = output + ((long)point * outputStride);
                new Span<float>(result, columns).Clear();
                for (long at = (long)point * DevoxelisationMap.Corners; at < (point + 1L) * DevoxelisationMap.Corners; at++)
                    if (neighbours[at] >= 0) Add(weights[at], input + ((long)neighbours[at] * inputStride), result, columns);
            }
        }
    }

    private readonly struct BackwardBlock(float* gradOutput, int gradOutputStride, int* starts, int* entries, float* weights, float* gradInput,
        int gradInputStride, int voxels, int columns) : IParallelBlock
    {
        public void Execute(int index)
        {
            for (int voxel = index * RowsPerBlock; voxel < Math.Min(voxels, (index + 1) * RowsPerBlock); voxel++)
                for (int at = starts[voxel]; at < starts[voxel + 1]; at++)
                {
                    long point = entries[at] / DevoxelisationMap.Corners;
                    Add(weights[entries[at]], gradOutput + (point * gradOutputStride), gradInput + ((long)voxel * gradInputStride), columns);
                }
        }
    }
}
