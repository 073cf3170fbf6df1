using HiCorr.Native.Cuda;

namespace HiCorr.Native.Voxels;

/// <summary>Exclusive prefix sums of integers on a CUDA device, whose sum must be below 2^31.</summary>
internal static unsafe class CudaPrefixSum
{
    private const int ThreadsPerBlock = 256;
    private const int ValuesPerBlock = 2048;

    /// <summary>Integers to reserve for so many values: their total lies behind them, then the sums of blocks.</summary>
    public static int Room(int values) => checked(values + 1 + Blocks(values));

    /// <summary>values[i] becomes the sum of those before it, and values[count] that of all.</summary>
    /// <param name="device">Where to work.</param>
    /// <param name="values">With <see cref="Room"/>.</param>
    /// <param name="count">How many.</param>
    public static void Exclusive(CudaDevice device, int* values, int count)
    {
        var shape = new LaunchShape(Blocks(count), ThreadsPerBlock);
        int* sums = values + count + 1;
        KernelArguments arguments = default;
        arguments.Add(values).Add((long)count).Add(sums);
        if (shape.GridX > 1) device.Launch("prefix_sum", "prefix_sum_blocks", shape, ref arguments);
        device.Launch("prefix_sum", "prefix_sum_exclusive", shape, ref arguments);
    }

    // One at least, which writes the total.
    private static int Blocks(int values) => Math.Max(1, (int)(((long)values + ValuesPerBlock - 1) / ValuesPerBlock));
}
