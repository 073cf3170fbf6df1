using HiCorr.Native.Cuda;
using HiCorr.Native.Ops.Reductions;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.CrossEntropy;

public static unsafe partial class CrossEntropy
{
    private const string Source = "cross_entropy";
    private const int ThreadsPerBlock = 256, ThreadsPerRow = 32, TileSize = 64;

    /// <summary>Logits of more classes than a block holds, in bytes at a time: they stay in the L2 cache between three kernels.</summary>
    private const long LogitsBytes = 8L << 20;

    private static double AgainstTextCuda(CudaDevice device, Tensor features, Tensor text, Tensor? bias, RowLabels pairs, Tensor? gradFeatures, float weight)
    {
        if (features.Rows == 0) return 0;
        (string? kernel, int tileRows) = text.Rows switch
        {
            <= 32 => ("cross_entropy_against_text_32", 64),
            <= 128 => ("cross_entropy_against_text_128", 64),
            <= 256 => ("cross_entropy_against_text_256", 32),
            _ => (null, 0),
        };
        if (kernel is null) return AgainstManyCuda(device, features, text, bias, pairs, gradFeatures, weight);
        using NativeIntegers starts = Upload(device, pairs.Starts), labels = Upload(device, pairs.Labels);
        int blocks = CeilDiv(features.Rows, tileRows);
        using var losses = new BlockLosses(device, blocks);
        double share = ShareOf(pairs);
        KernelArguments arguments = default;
        arguments.Add(features.Data).Add((long)features.Stride).Add(text.Data).Add((long)text.Stride).Add(bias is null ? null : bias.Data)
            .Add(starts.Pointer).Add(labels.Pointer).Add(gradFeatures is null ? null : gradFeatures.Data).Add((long)(gradFeatures?.Stride ?? 0))
            .Add((long)features.Rows).Add((long)features.Columns).Add((long)text.Rows).Add(share * weight).Add(losses.Data);
        device.Launch(Source, kernel, new LaunchShape(blocks, ThreadsPerBlock), ref arguments);
        return losses.Sum() * share;
    }

    /// <summary>The same with logits in memory, some rows at a time.</summary>
    private static double AgainstManyCuda(CudaDevice device, Tensor features, Tensor text, Tensor? bias, RowLabels pairs, Tensor? gradFeatures, float weight)
    {
        int rowsAtOnce = (int)Math.Clamp(LogitsBytes / sizeof(float) / text.Rows, 1, features.Rows), most = SoftmaxBlocks(device, rowsAtOnce);
        using NativeIntegers starts = Upload(device, pairs.Starts), labels = Upload(device, pairs.Labels);
        using Tensor logits = device.Memory.Rent(rowsAtOnce, text.Rows);
        using var losses = new BlockLosses(device, most * CeilDiv(features.Rows, rowsAtOnce));
        double share = ShareOf(pairs);
        double* next = losses.Data;
        for (int row = 0; row < features.Rows; row += rowsAtOnce, next += most)
        {
            int rows = Math.Min(rowsAtOnce, features.Rows - row);
            Multiply(device, features.Data + ((long)row * features.Stride), features.Stride, rows, text, bias, logits);
            Differentiate(device, logits.Data, logits.Stride, rows, text.Rows, starts.Pointer + row, labels.Pointer, gradFeatures is null ? null : logits, share * weight,
                next, most);
            if (gradFeatures is null) continue;
            KernelArguments arguments = default;
            arguments.Add(logits.Data).Add((long)logits.Stride).Add(text.Data).Add((long)text.Stride)
                .Add(gradFeatures.Data + ((long)row * gradFeatures.Stride)).Add((long)gradFeatures.Stride).Add((long)rows).Add((long)text.Columns).Add((long)text.Rows);
            device.Launch(Source, "cross_entropy_backward_features", new LaunchShape(CeilDiv(rows, TileSize), ThreadsPerBlock), ref arguments);
        }
        return losses.Sum() * share;
    }

    private static double OfLogitsCuda(CudaDevice device, Tensor logits, RowLabels pairs, Tensor? gradLogits, float weight)
    {
        if (logits.Rows == 0) return 0;
        using NativeIntegers starts = Upload(device, pairs.Starts), labels = Upload(device, pairs.Labels);
        int blocks = SoftmaxBlocks(device, logits.Rows);
        using var losses = new BlockLosses(device, blocks);
        double share = ShareOf(pairs);
        Differentiate(device, logits.Data, logits.Stride, logits.Rows, logits.Columns, starts.Pointer, labels.Pointer, gradLogits, share * weight, losses.Data, blocks);
        return losses.Sum() * share;
    }

    private static void LogitsCuda(CudaDevice device, Tensor features, Tensor text, Tensor? bias, Tensor logits) =>
        Multiply(device, features.Data, features.Stride, features.Rows, text, bias, logits);

    private static void Multiply(CudaDevice device, float* features, int stride, int rows, Tensor text, Tensor? bias, Tensor logits)
    {
        KernelArguments arguments = default;
        arguments.Add(features).Add((long)stride).Add(text.Data).Add((long)text.Stride).Add(bias is null ? null : bias.Data)
            .Add(logits.Data).Add((long)logits.Stride).Add((long)rows).Add((long)text.Columns).Add((long)text.Rows);
        device.Launch(Source, "cross_entropy_logits", new LaunchShape(CeilDiv(rows, TileSize), CeilDiv(text.Rows, TileSize), 1, ThreadsPerBlock, 1, 1, 0), ref arguments);
    }

    private static void Differentiate(CudaDevice device, float* logits, int stride, int rows, int classes, int* starts, int* labels, Tensor? gradLogits, double share,
        double* losses, int blocks)
    {
        KernelArguments arguments = default;
        arguments.Add(logits).Add((long)stride).Add(starts).Add(labels).Add(gradLogits is null ? null : gradLogits.Data).Add((long)(gradLogits?.Stride ?? 0))
            .Add((long)rows).Add((long)classes).Add(share).Add(losses);
        device.Launch(Source, "cross_entropy_of_logits", new LaunchShape(blocks, ThreadsPerBlock), ref arguments);
    }

    private static double ShareOf(RowLabels pairs) => pairs.Count == 0 ? 0 : 1.0 / pairs.Count;

    private static int SoftmaxBlocks(CudaDevice device, int rows) => device.BlocksFor((long)rows * ThreadsPerRow, ThreadsPerBlock);

    private static int CeilDiv(int count, int size) => (count + size - 1) / size;

    private static NativeIntegers Upload(CudaDevice device, ReadOnlySpan<int> values)
    {
        NativeIntegers copy = device.Memory.RentIntegers(values.Length);
        copy.CopyFrom(values);
        return copy;
    }
}
