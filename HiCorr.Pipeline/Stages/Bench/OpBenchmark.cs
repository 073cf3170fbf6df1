using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.BatchNorm;
using HiCorr.Native.Ops.CosineLoss;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Ops.Gather;
using HiCorr.Native.Ops.Gelu;
using HiCorr.Native.Ops.KlDivergence;
using HiCorr.Native.Ops.LayerNorm;
using HiCorr.Native.Ops.Linear;
using HiCorr.Native.Ops.SparseConv;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Pipeline.Stages.Bench;

/// <summary>Time of one op, forward or backward.</summary>
/// <param name="Op">With its direction.</param>
/// <param name="Shape">Rows and channels.</param>
/// <param name="Seconds">Median; on a GPU by its events.</param>
/// <param name="SpreadSeconds">From the shortest to the longest run.</param>
/// <param name="Gflops">Of its multiply-adds, each two; null where it has no products.</param>
/// <param name="Share">Of the device's measured peak.</param>
/// <param name="GigabytesPerSecond">Of the tensors that it must read and write, each once.</param>
public sealed record OpTime(string Op, string Shape, double Seconds, double SpreadSeconds, double? Gflops, double? Share, double GigabytesPerSecond);

/// <summary>What "hicorr bench ops" measured.</summary>
public sealed record OpTimes(string Device, string Arithmetic, int Threads, int Voxels, int Repetitions, double FmaPeakGflops, IReadOnlyList<OpTime> Ops)
{
    public int SchemaVersion => 1;
}

/// <summary>Times every op that a training step is made of by itself, at the network's and the transformers' widths.</summary>
public sealed class OpBenchmark(Device device, int repetitions, CancellationToken stop)
{
    private const int Width = 512, Classes = 20, Heads = 8, Tokens = 1024;
    private readonly List<(string Op, string Shape, MedianTime Time, double Flop, double Bytes)> _measured = [];

    /// <param name="rows">(batch, x, y, z) a voxel.</param>
    public OpTimes Run(int[] rows)
    {
        using VoxelLevels voxels = VoxelLevels.Build(device, rows, 2);
        Add("kernel maps", $"{voxels[0].Count}", 0, 16.0 * voxels[0].Count, () =>
        {
            voxels.Rebuild(rows);
            voxels.Within(0, 3).TotalPairs();
            voxels.Down(0).TotalPairs();
        });
        foreach (int channels in new[] { 32, 96, 256 }) TimeConvolution(voxels, channels);
        TimeRows(voxels[0].Count, 96);
        TimeFeatures(voxels[0].Count);
        TimeTransformer();
        double peak = BenchDevice.Peak(device);
        var bench = BenchDevice.Of(device);
        return new OpTimes(bench.Device, bench.Arithmetic, bench.Threads, voxels[0].Count, repetitions, peak, [.. _measured.Select(m => new OpTime(m.Op, m.Shape, m.Time.Wall, m.Time.Spread,
            m.Flop > 0 ? m.Flop / m.Time.Wall / 1e9 : null, m.Flop > 0 ? m.Flop / m.Time.Wall / 1e9 / peak : null, m.Bytes / m.Time.Wall / 1e9))]);
    }

    private void TimeConvolution(VoxelLevels voxels, int channels)
    {
        KernelMap map = voxels.Within(0, 3);
        int count = voxels[0].Count;
        using Tensor input = Random(count, channels), kernel = Random(27 * channels, channels), output = Random(count, channels), gradKernel = device.Memory.RentZeros(27 * channels, channels);
        double flop = 2.0 * map.TotalPairs() * channels * channels, bytes = (4.0 * 2 * count * channels) + (4.0 * 27 * (count + (channels * channels)));
        string shape = $"{count} x {channels}, 3x3x3";
        Add("convolution, forward", shape, flop, bytes, () => SparseConv.Forward(device, map, false, input, kernel, output));
        Add("convolution, to input", shape, flop, bytes, () => SparseConv.BackwardInput(device, map, false, output, kernel, input, accumulate: false));
        Add("convolution, to kernel", shape, flop, bytes, () => SparseConv.BackwardKernel(device, map, false, input, output, gradKernel));
    }

    private void TimeRows(int count, int channels)
    {
        using Tensor x = Random(count, channels), y = Random(count, channels), statistics = device.Memory.Rent(2, channels), mean = device.Memory.RentZeros(1, channels), variance = device.Memory.RentZeros(1, channels);
        string shape = $"{count} x {channels}";
        double bytes = 4.0 * count * channels;
        Add("batch norm, statistics", shape, 0, bytes, () => BatchNorm.BatchStatistics(device, x, statistics, mean, variance, 0.1f));
        Add("batch norm, apply with ReLU", shape, 0, 2 * bytes, () => BatchNorm.Apply(device, x, statistics, mean, variance, null, relu: true, y));
        Add("batch norm, backward", shape, 0, 4 * bytes, () => BatchNorm.Backward(device, x, y, statistics, mean, true, y, false, mean, variance, y));
        int[] rows = [.. Enumerable.Range(0, Math.Min(count, 8 * Tokens)).Select(i => new CounterRandom(0, "bench rows").Integer((ulong)i, count))];
        using Tensor taken = device.Memory.Rent(rows.Length, channels);
        Add("gather, forward", $"{rows.Length} of {shape}", 0, 8.0 * taken.Rows * channels, () => Gather.Forward(device, x, rows, taken));
        Add("gather, backward", $"{rows.Length} of {shape}", 0, 12.0 * taken.Rows * channels, () => Gather.Backward(device, taken, rows, x));
    }

    private void TimeFeatures(int count)
    {
        using Tensor features = Random(count, Width), text = Random(Classes, Width), head = Random(96, Width), before = Random(count, 96), gradient = Random(count, Width);
        RowLabels labels = RowLabels.PerRow([.. Enumerable.Range(0, count).Select(i => i % Classes)], Classes);
        double bytes = 4.0 * count * Width;
        Add("linear, forward", $"{count} x 96 to {Width}", 2.0 * count * 96 * Width, bytes, () => Linear.Forward(device, before, head, null, features));
        Add("cross entropy against text, with gradient", $"{count} x {Width}, {Classes} classes", 4.0 * count * Classes * Width, 2 * bytes,
            () => CrossEntropy.AgainstText(device, features, text, null, labels, gradient));
        Add("cosine loss, with gradient", $"{count} x {Width}", 0, 3 * bytes, () => CosineLoss.Mean(device, features, gradient, gradient));
    }

    private void TimeTransformer()
    {
        int rows = 8 * Tokens;
        using Tensor x = Random(rows, 3 * Width), output = Random(rows, Width), gradient = Random(rows, Width), grads = Random(rows, 3 * Width), logSumExp = device.Memory.Rent(Heads, rows);
        using Tensor wide = Random(rows, 4 * Width), statistics = device.Memory.Rent(rows, 2), weight = Random(1, Width), bias = Random(1, Width), gradWeight = Random(1, Width), gradBias = Random(1, Width);
        foreach (RowSegments segments in new[] { RowSegments.FromLengths([.. Enumerable.Repeat(Tokens, 8)]), RowSegments.Whole(rows) })
        {
            string shape = $"{segments.Count} x {rows / segments.Count} x {Width}, {Heads} heads";
            double flop = 4.0 * segments.TokenPairs() * Width;
            Add("attention, forward", shape, flop, 16.0 * rows * Width, () => Attention.Forward(device, x.Slice(0, Width), x.Slice(Width, Width), x.Slice(2 * Width, Width), segments, Heads, output, logSumExp));
            Add("attention, backward", shape, 2.5 * flop, 32.0 * rows * Width, () => Attention.Backward(device, x.Slice(0, Width), x.Slice(Width, Width), x.Slice(2 * Width, Width), segments, Heads, output, logSumExp,
                gradient, grads.Slice(0, Width), grads.Slice(Width, Width), grads.Slice(2 * Width, Width)));
        }
        Add("layer norm, forward", $"{rows} x {Width}", 0, 8.0 * rows * Width, () => LayerNorm.Forward(device, output, weight, bias, statistics, gradient));
        Add("layer norm, backward", $"{rows} x {Width}", 0, 12.0 * rows * Width, () => LayerNorm.Backward(device, output, statistics, weight, gradient, gradWeight, gradBias, gradient, accumulate: false));
        Add("GELU, forward", $"{rows} x {4 * Width}", 0, 32.0 * rows * Width, () => Gelu.Forward(device, wide, wide));
        Add("KL divergence, with gradient", $"{rows} x {Width}", 0, 12.0 * rows * Width, () => KlDivergence.OverChannels(device, output, gradient, gradient));
    }

    private Tensor Random(int rows, int columns) => BenchDevice.Uniform(device, rows, columns, "op");

    private void Add(string op, string shape, double flop, double bytes, Action work) => _measured.Add((op, shape, MedianTime.Of(device, repetitions, stop, work), flop, bytes));
}
