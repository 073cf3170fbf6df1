using HiCorr.Native.Cuda;
using HiCorr.Native.Random;
using HiCorr.Native.Voxels;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Voxels.Cuda;

public sealed unsafe class KeySortKernelTests
{
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Sorts_as_the_processor_does_and_keeps_the_order_of_equal_keys(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        using var sort = new CudaKeySort(device);
        (int, int)[] cases = [(0, 30), (1, 30), (2, 1), (255, 8), (2047, 9), (2048, 17), (2049, 3), (5000, 64)];
        if (name == KernelDevices.Gpu) cases = [.. cases, (2_000_000, 40)];
        foreach ((int count, int bits) in cases)
        {
            var random = new CounterRandom(5, "keys");
            ulong[] keys = [.. Enumerable.Range(0, count).Select(i => random.Bits((ulong)i % 1500) >> (64 - bits))];
            int[] order = [.. Enumerable.Range(0, count)];
            sort.Resize(count);
            fixed (ulong* from = keys) device.Memory.Space.CopyFromHost((nint)sort.Keys, from, 8L * count);
            fixed (int* from = order) device.Memory.Space.CopyFromHost((nint)sort.Order, from, 4L * count);

            sort.Sort(bits);

            ulong[] sorted = new ulong[count];
            fixed (ulong* to = sorted) device.Memory.Space.CopyToHost(to, (nint)sort.Keys, 8L * count);
            int[] sortedOrder = new int[count];
            fixed (int* to = sortedOrder) device.Memory.Space.CopyToHost(to, (nint)sort.Order, 4L * count);
            KeySort.Sort(keys, order, new ulong[count], new int[count], bits);
            Assert.Equal(keys, sorted);
            Assert.Equal(order, sortedOrder);
        }
    }
}
