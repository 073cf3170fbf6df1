using HiCorr.Native.Cuda;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Ops.Projection;

public static unsafe partial class Projection
{
    private const int ThreadsPerBlock = 256, PointsPerBlock = 2048;

    private static VisiblePoints ForwardCuda(CudaDevice device, Tensor positions, ProjectionView view, ReadOnlySpan<ushort> depth)
    {
        int blocks = (int)((positions.Rows + PointsPerBlock - 1L) / PointsPerBlock);
        (Pinhole image, Pinhole sensor) = (view.Image, view.Depth);
        // As struct View of the kernels.
        using var viewOf = new CudaValues<double>(device, (ReadOnlySpan<double>)
        [
            .. view.WorldToCamera.AsSpan(0, 12), image.Fx, image.Fy, image.Cx, image.Cy, image.Width, image.Height,
            sensor.Fx, sensor.Fy, sensor.Cx, sensor.Cy, sensor.Width, sensor.Height, view.Test.Tolerance, view.Test.Relative ? 1 : 0,
        ]);
        using var depthOf = new CudaValues<ushort>(device, depth);
        using var before = new CudaValues<int>(device, CudaPrefixSum.Room(blocks)); // points of the blocks before each
        KernelArguments arguments = default;
        arguments.Add(positions.Data).Add((long)positions.Rows).Add(viewOf.Pointer).Add(depthOf.Pointer).Add(before.Pointer);
        device.Launch("projection", "projection_count", new LaunchShape(blocks, ThreadsPerBlock), ref arguments);
        CudaPrefixSum.Exclusive(device, before.Pointer, blocks);
        int seen = device.Read<int>(before.Pointer + blocks);

        var visible = new VisiblePoints(new int[seen], new float[seen], new float[seen]);
        using var points = new CudaValues<int>(device, seen);
        using CudaValues<float> columns = new(device, seen), rows = new(device, seen);
        arguments.Add(points.Pointer).Add(columns.Pointer).Add(rows.Pointer);
        if (seen > 0) device.Launch("projection", "projection_write", new LaunchShape(blocks, ThreadsPerBlock), ref arguments);
        points.CopyTo(visible.Points);
        columns.CopyTo(visible.Columns);
        rows.CopyTo(visible.Rows);
        return visible;
    }
}
