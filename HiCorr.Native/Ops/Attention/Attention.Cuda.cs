using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Attention;

public static unsafe partial class Attention
{
    private const string Source = "attention";
    private const int WidestCudaHead = 128, ThreadsPerRow = 32, ThreadsPerBlock = 256;

    private static void ForwardCuda(CudaDevice device, Tensor q, Tensor k, Tensor v, RowSegments segments, int heads, Tensor output, Tensor logSumExp)
    {
        HeadKernels kernels = HeadKernels.For(device, q.Columns / heads);
        using NativeIntegers? pieces = Pieces(device, segments, kernels.Rows, out int blocks);
        KernelArguments arguments = default;
        arguments.Add(q.Data).Add((long)q.Stride).Add(k.Data).Add((long)k.Stride).Add(v.Data).Add((long)v.Stride)
            .Add(output.Data).Add((long)output.Stride).Add(logSumExp.Data).Add((long)logSumExp.Stride);
        AddShape(ref arguments, pieces, q, heads);
        device.Launch(Source, "attention_forward" + kernels.Suffix, kernels.Shape(blocks, heads), ref arguments);
    }

    private static void BackwardCuda(CudaDevice device, Tensor q, Tensor k, Tensor v, RowSegments segments, int heads, Tensor output, Tensor logSumExp,
        Tensor gradOutput, Tensor gradQ, Tensor gradK, Tensor gradV)
    {
        HeadKernels kernels = HeadKernels.For(device, q.Columns / heads);
        using NativeIntegers? pieces = Pieces(device, segments, kernels.Rows, out int blocks);
        using Tensor inner = device.Memory.Rent(heads, q.Rows); // ⟨gradient, output⟩

        KernelArguments rows = default;
        rows.Add(output.Data).Add((long)output.Stride).Add(gradOutput.Data).Add((long)gradOutput.Stride).Add(inner.Data)
            .Add((long)q.Rows).Add((long)heads).Add((long)(q.Columns / heads));
        device.Launch(Source, "attention_backward_rows", new LaunchShape(device.BlocksFor((long)q.Rows * heads * ThreadsPerRow, ThreadsPerBlock), ThreadsPerBlock), ref rows);

        KernelArguments queries = default;
        AddSaved(ref queries, q, k, v, gradOutput, logSumExp, inner);
        queries.Add(gradQ.Data).Add((long)gradQ.Stride);
        AddShape(ref queries, pieces, q, heads);
        device.Launch(Source, "attention_backward_queries" + kernels.Suffix, kernels.Shape(blocks, heads), ref queries);

        KernelArguments keys = default;
        AddSaved(ref keys, q, k, v, gradOutput, logSumExp, inner);
        keys.Add(gradK.Data).Add((long)gradK.Stride).Add(gradV.Data).Add((long)gradV.Stride);
        AddShape(ref keys, pieces, q, heads);
        device.Launch(Source, "attention_backward_keys" + kernels.Suffix, kernels.Shape(blocks, heads), ref keys);
    }

    private static void AddSaved(ref KernelArguments arguments, Tensor q, Tensor k, Tensor v, Tensor gradOutput, Tensor logSumExp, Tensor inner) =>
        arguments.Add(q.Data).Add((long)q.Stride).Add(k.Data).Add((long)k.Stride).Add(v.Data).Add((long)v.Stride)
            .Add(gradOutput.Data).Add((long)gradOutput.Stride).Add(logSumExp.Data).Add((long)logSumExp.Stride).Add(inner.Data);

    private static void AddShape(ref KernelArguments arguments, NativeIntegers? pieces, Tensor q, int heads)
    {
        int width = q.Columns / heads;
        arguments.Add(pieces is null ? null : pieces.Pointer).Add((long)q.Rows).Add((long)width).Add(1 / MathF.Sqrt(width));
    }

    /// <summary>What each block owns: its first row, and the first row of its sequence and of the next; null where all rows are one sequence.</summary>
    private static NativeIntegers? Pieces(CudaDevice device, RowSegments segments, int rows, out int blocks)
    {
        ReadOnlySpan<int> starts = segments.Starts;
        blocks = 0;
        for (int i = 0; i < segments.Count; i++) blocks += (starts[i + 1] - starts[i] + rows - 1) / rows;
        // Without a table there is no copy to wait for.
        if (segments.Count == 1 || blocks == 0) return null;
        int[] pieces = new int[3 * blocks];
        int next = 0;
        for (int i = 0; i < segments.Count; i++)
            for (int first = starts[i]; first < starts[i + 1]; first += rows)
                (pieces[next++], pieces[next++], pieces[next++]) = (first, starts[i], starts[i + 1]);
        NativeIntegers copy = device.Memory.RentIntegers(pieces.Length);
        copy.CopyFrom(pieces);
        return copy;
    }

    /// <summary>The kernels for heads of some width.</summary>
    /// <param name="Suffix">Of their names: precision and the widest head.</param>
    /// <param name="Rows">That a block owns, with two threads each.</param>
    private readonly record struct HeadKernels(string Suffix, int Rows)
    {
        private static readonly string[] Suffixes =
            [.. from precision in Enum.GetValues<Precision>() from width in (int[])[32, 64, WidestCudaHead] select $"_{precision.ToString().ToLowerInvariant()}_{width}"];

        public static HeadKernels For(CudaDevice device, int width)
        {
            if (width > WidestCudaHead)
                throw new DeviceException($"attention on a CUDA device takes heads of at most {WidestCudaHead} columns, not {width}: take more heads, or the CPU");
            int size = width <= 32 ? 0 : width <= 64 ? 1 : 2;
            bool isWide = size == 2 && device.Precision is Precision.Fp32 or Precision.Tf32;
            return new HeadKernels(Suffixes[((int)device.Precision * 3) + size], isWide ? 32 : 64);
        }

        public LaunchShape Shape(int blocks, int heads) => new(blocks, heads, 1, 2 * Rows, 1, 1, 0);
    }
}
