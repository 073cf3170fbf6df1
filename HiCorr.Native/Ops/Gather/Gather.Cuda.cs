using HiCorr.Native.Cuda;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Gather;

public static unsafe partial class Gather
{
    private const int ThreadsPerBlock = 256;

    private static void ForwardCuda(CudaDevice device, Tensor input, ReadOnlySpan<int> rows, Tensor output)
    {
        using NativeIntegers numbers = Upload(device, rows);
        KernelArguments arguments = default;
        arguments.Add(input.Data).Add((long)input.Stride).Add(numbers.Pointer).Add(output.Data).Add((long)output.Stride).Add((long)output.Rows).Add((long)output.Columns);
        device.Launch("gather", "gather_forward", new LaunchShape(device.BlocksFor((long)output.Rows * output.Columns, ThreadsPerBlock), ThreadsPerBlock), ref arguments);
    }

    private static void BackwardCuda(CudaDevice device, Tensor gradOutput, ReadOnlySpan<int> rows, Tensor gradInput)
    {
        RowGroups groups = RowGroups.Of(rows);
        using NativeIntegers order = Upload(device, groups.Order), targets = Upload(device, groups.Targets), starts = Upload(device, groups.Starts);
        KernelArguments arguments = default;
        arguments.Add(gradOutput.Data).Add((long)gradOutput.Stride).Add(order.Pointer).Add(targets.Pointer).Add(starts.Pointer)
            .Add(gradInput.Data).Add((long)gradInput.Stride).Add((long)groups.Targets.Length).Add((long)gradInput.Columns);
        device.Launch("gather", "gather_backward", new LaunchShape(device.BlocksFor((long)groups.Targets.Length * gradInput.Columns, ThreadsPerBlock), ThreadsPerBlock), ref arguments);
    }

    private static NativeIntegers Upload(CudaDevice device, ReadOnlySpan<int> values)
    {
        NativeIntegers copy = device.Memory.RentIntegers(values.Length);
        copy.CopyFrom(values);
        return copy;
    }
}
