using HiCorr.Native.Cuda;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Reductions;

/// <summary>A loss on a CUDA device: one double for each block of a kernel, which are then summed in the order of blocks.</summary>
internal readonly unsafe struct BlockLosses : IDisposable
{
    private const int ThreadsPerBlock = 256;
    private readonly CudaDevice _device;
    private readonly Tensor _memory; // two floats are a double: those of the blocks, then the sum

    /// <param name="device">Where the kernel runs.</param>
    /// <param name="blocks">Of the kernel; each must write its loss.</param>
    public BlockLosses(CudaDevice device, int blocks) => (_device, _memory) = (device, device.Memory.Rent(checked(blocks + 1), 2));

    public double* Data => (double*)_memory.Data;

    /// <summary>Waits for the kernel and returns the sum.</summary>
    public double Sum()
    {
        int blocks = _memory.Rows - 1;
        KernelArguments arguments = default;
        arguments.Add(Data).Add((long)blocks).Add(Data + blocks);
        _device.Launch("loss_sum", "loss_sum", new LaunchShape(1, ThreadsPerBlock), ref arguments);
        return _device.Read<double>(Data + blocks);
    }

    public void Dispose() => _memory.Dispose();
}
