using HiCorr.Native.Devices;
using HiCorr.Native.Models;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Optim;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;

namespace HiCorr.Pipeline.Stages.Bench;

/// <summary>Times a step of correlation learning on random features: the intra-scene transformer, the inter-scene one on its outputs, both back, AdamW.</summary>
public static class CorrelationBenchmark
{
    /// <param name="scenes">Scenes of a batch.</param>
    /// <param name="points">Sampled points of a scene.</param>
    /// <param name="width">Channels, a multiple of the 8 heads.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="repetitions">Timed steps; medians are reported.</param>
    /// <param name="stop">Ends the benchmark between steps.</param>
    public static CorrelationTimes Run(int scenes, int points, int width, Device device, int repetitions, CancellationToken stop)
    {
        using CorrelationTransformer intra = new(device, "intra", width), inter = new(device, "inter", width);
        using var optimiser = new AdamW(device, [.. intra.Parameters, .. inter.Parameters]);
        int[] lengths = new int[scenes];
        Array.Fill(lengths, points);
        RowSegments perScene = RowSegments.FromLengths(lengths), whole = RowSegments.Whole(scenes * points);
        using Tensor features = BenchDevice.Uniform(device, whole.Rows, width, "features");

        Tensor? corrected = null, output = null; // the output also serves as its own gradient
        long before = 0, allocated = 0;
        TensorStep memory = default;
        device.Memory.ResetPeak();
        MedianTime[] times = MedianTime.Of(device, repetitions, stop,
            () =>
            {
                before = GC.GetTotalAllocatedBytes(precise: true);
                memory = device.Memory.BeginStep();
                corrected = intra.Forward(features, null, perScene, training: true);
            },
            () => output = inter.Forward(corrected!, null, whole, training: true),
            () => inter.Backward(output!),
            () => intra.Backward(output!),
            () =>
            {
                optimiser.Step(2e-4);
                output!.Dispose();
                corrected!.Dispose();
                memory.Dispose();
                allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
            });
        long peakMemory = device.Memory.PeakBytes;
        double peak = BenchDevice.Peak(device);
        var bench = BenchDevice.Of(device);
        double? peakOfCore = device is CpuDevice ? peak / bench.Threads : null;
        return new CorrelationTimes
        {
            Device = bench.Device,
            Arithmetic = bench.Arithmetic,
            Threads = bench.Threads,
            Scenes = scenes,
            Points = points,
            Width = width,
            Repetitions = repetitions,
            Intra = Times(intra.MultiplyAdds(perScene), times[0], times[3], peak, peakOfCore),
            Inter = Times(inter.MultiplyAdds(whole), times[1], times[2], peak, peakOfCore),
            OptimiserSeconds = times[4].Wall,
            FmaPeakGflops = peak,
            PeakMemoryBytes = peakMemory,
            ManagedBytesPerStep = allocated,
        };
    }

    private static TransformerTimes Times(long multiplyAdds, MedianTime forward, MedianTime backward, double peak, double? peakOfCore) => new()
    {
        ForwardSeconds = forward.Wall,
        BackwardSeconds = backward.Wall,
        ForwardProcessorSeconds = forward.Processor,
        BackwardProcessorSeconds = backward.Processor,
        UsefulGflop = 2e-9 * multiplyAdds,
        Efficiency = 2e-9 * multiplyAdds / forward.Wall / peak,
        TrainEfficiency = 6e-9 * multiplyAdds / (forward.Wall + backward.Wall) / peak,
        ProcessorEfficiency = 2e-9 * multiplyAdds / forward.Processor / peakOfCore,
        TrainProcessorEfficiency = 6e-9 * multiplyAdds / (forward.Processor + backward.Processor) / peakOfCore,
    };
}
