using HiCorr.Native.Cuda;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Voxels.Cuda;

public sealed unsafe class PrefixSumKernelTests
{
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Every_value_becomes_the_sum_before_it_and_the_total_follows(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach (int count in new[] { 0, 1, 2, 255, 2047, 2048, 2049, 4096, 9000 })
        {
            int[] values = [.. Enumerable.Range(0, count).Select(i => (i * 7919) % 13)], expected = new int[count + 1];
            for (int i = 0; i < count; i++) expected[i + 1] = expected[i] + values[i];
            using NativeIntegers onDevice = device.Memory.RentIntegers(CudaPrefixSum.Room(count));
            onDevice.CopyFrom([.. values, .. new int[onDevice.Count - count]]);

            CudaPrefixSum.Exclusive(device, onDevice.Pointer, count);

            Assert.Equal(expected, onDevice.ToArray()[..(count + 1)]);
        }
    }
}
