using HiCorr.Native.Cuda;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Voxels;

/// <summary><see cref="KeySort"/> on a CUDA device, in memory that it gives back between two sorts.</summary>
internal sealed unsafe class CudaKeySort(CudaDevice device) : IDisposable
{
    public const int ThreadsPerBlock = 256;
    public const int KeysPerBlock = 2048;
    private const int DigitBits = 8;
    private const int Digits = 1 << DigitBits;
    private readonly NativeIntegers _starts = new(device.Memory); // (digits, blocks)
    private NativeIntegers _keys = new(device.Memory), _otherKeys = new(device.Memory); // two integers a key
    private NativeIntegers _order = new(device.Memory), _otherOrder = new(device.Memory);

    public int Count { get; private set; }

    /// <summary>(N), to be filled, then sorted.</summary>
    public ulong* Keys => (ulong*)_keys.Pointer;

    /// <summary>(N), to be filled with 0, 1, 2, ...; then for every place where its key was before.</summary>
    public int* Order => _order.Pointer;

    /// <summary>Blocks of kernels in which a block looks at <see cref="KeysPerBlock"/> keys.</summary>
    public int Blocks => (int)(((long)Count + KeysPerBlock - 1) / KeysPerBlock);

    /// <summary>Room for so many keys.</summary>
    public void Resize(int count)
    {
        Count = count;
        _keys.Resize(checked(2 * count));
        _otherKeys.Resize(2 * count);
        _order.Resize(count);
        _otherOrder.Resize(count);
        _starts.Resize(CudaPrefixSum.Room(Digits * Blocks));
    }

    /// <summary>Sorts keys below 2^<paramref name="bits"/>; equal ones keep their order.</summary>
    public void Sort(int bits)
    {
        var shape = new LaunchShape(Blocks, ThreadsPerBlock);
        for (int shift = 0; shift < bits && Count > 1; shift += DigitBits)
        {
            KernelArguments arguments = default;
            arguments.Add(Keys).Add((long)Count).Add((long)shift).Add(_starts.Pointer);
            device.Launch("key_sort", "key_sort_counts", shape, ref arguments);

            CudaPrefixSum.Exclusive(device, _starts.Pointer, Digits * Blocks);

            arguments = default;
            arguments.Add(Keys).Add(Order).Add((long)Count).Add((long)shift).Add(_starts.Pointer).Add(_otherKeys.Pointer).Add(_otherOrder.Pointer);
            device.Launch("key_sort", "key_sort_scatter", shape, ref arguments);
            (_keys, _otherKeys, _order, _otherOrder) = (_otherKeys, _keys, _otherOrder, _order);
        }
    }

    public void Dispose()
    {
        _starts.Dispose();
        _keys.Dispose();
        _otherKeys.Dispose();
        _order.Dispose();
        _otherOrder.Dispose();
    }
}
