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
        device.Launch(Source, kernels.Forward, kernels.Shape(blocks, heads), ref arguments);
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
        device.Launch(Source, kernels.BackwardQueries, kernels.Shape(blocks, heads), ref queries);

        KernelArguments keys = default;
        AddSaved(ref keys, q, k, v, gradOutput, logSumExp, inner);
        keys.Add(gradK.Data).Add((long)gradK.Stride).Add(gradV.Data).Add((long)gradV.Stride);
        AddShape(ref keys, pieces, q, heads);
        device.Launch(Source, kernels.BackwardKeys, kernels.Shape(blocks, heads), ref keys);
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

    /// <summary>Names of the kernels for heads of some width in some precision.</summary>
    /// <param name="Forward">One of them.</param>
    /// <param name="BackwardQueries">One of them.</param>
    /// <param name="BackwardKeys">One of them.</param>
    /// <param name="Rows">That a block owns, with two threads each.</param>
    private sealed record HeadKernels(string Forward, string BackwardQueries, string BackwardKeys, int Rows)
    {
        private static readonly int[] _widths = [32, 64, WidestCudaHead];
        private static readonly HeadKernels[] _all = [.. from precision in Enum.GetValues<Precision>() from width in _widths select Named(precision, width)];

        public static HeadKernels For(CudaDevice device, int width)
        {
            int size = Array.FindIndex(_widths, widest => width <= widest);
            return size >= 0 ? _all[((int)device.Precision * _widths.Length) + size]
                : throw new DeviceException($"attention on a CUDA device takes heads of at most {WidestCudaHead} columns, not {width}: take more heads, or the CPU");
        }

        public LaunchShape Shape(int blocks, int heads) => new(blocks, heads, 1, 2 * Rows, 1, 1, 0);

        private static HeadKernels Named(Precision precision, int width)
        {
            string suffix = $"{precision.ToString().ToLowerInvariant()}_{width}";
            // 64 wide rows of four bytes a value do not fit into shared memory.
            int rows = width == WidestCudaHead && precision is Precision.Fp32 or Precision.Tf32 ? 32 : 64;
            return new HeadKernels("attention_forward_" + suffix, "attention_backward_queries_" + suffix, "attention_backward_keys_" + suffix, rows);
        }
    }
}
