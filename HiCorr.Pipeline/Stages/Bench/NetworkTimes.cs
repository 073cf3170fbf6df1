namespace HiCorr.Pipeline.Stages.Bench;

/// <summary>What <see cref="NetworkBenchmark"/> measured; written as JSON by "hicorr bench network --json".</summary>
public sealed record NetworkTimes
{
    public int SchemaVersion => 2; // 2: arithmetic in place of simd

    public required string Device { get; init; }

    /// <inheritdoc cref="BenchDevice.Arithmetic"/>
    public required string Arithmetic { get; init; }

    public required int Threads { get; init; }

    public required int Voxels { get; init; }

    public required int Repetitions { get; init; }

    /// <summary>Building all levels and kernel maps; part of both times below.</summary>
    public required double MapSeconds { get; init; }

    public required double InferenceSeconds { get; init; }

    /// <summary>Forward, cross entropy, backward and SGD.</summary>
    public required double TrainStepSeconds { get; init; }

    /// <summary>From the shortest to the longest of the runs.</summary>
    public required double InferenceSpreadSeconds { get; init; }

    public required double TrainStepSpreadSeconds { get; init; }

    /// <summary>Processor time of building the maps, all threads together; as the two below it hardly feels what else the machine does.</summary>
    public required double MapProcessorSeconds { get; init; }

    public required double InferenceProcessorSeconds { get; init; }

    public required double TrainStepProcessorSeconds { get; init; }

    /// <summary>Arithmetic of a forward pass over the voxel pairs that exist.</summary>
    public required double UsefulGflop { get; init; }

    /// <summary>Measured right after: multiply-adds in registers on all threads, or on all of the GPU.</summary>
    public required double FmaPeakGflops { get; init; }

    /// <summary>Share of the peak that inference reaches.</summary>
    public required double Efficiency { get; init; }

    /// <summary>Share of the peak that a training step reaches, counted as three forward passes.</summary>
    public required double TrainEfficiency { get; init; }

    /// <summary>Share of the peak of the threads' cores that inference reaches while it has them: by processor time; null on a GPU.</summary>
    public required double? ProcessorEfficiency { get; init; }

    /// <summary>The same for a training step, counted as three forward passes.</summary>
    public required double? TrainProcessorEfficiency { get; init; }

    /// <summary>Most pooled memory held at once during a training step: weights, gradients, optimiser, maps, input and output included.</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary>Activations that the backward pass needs: <see cref="HiCorr.Native.Models.MinkUNet14A.SavedActivationBytes"/>.</summary>
    public required long SavedActivationBytes { get; init; }

    /// <summary>Peak memory by saved activations.</summary>
    public double PeakMemoryRatio => (double)PeakMemoryBytes / SavedActivationBytes;

    /// <summary>Managed memory that all threads allocate during a training step, levels and kernel maps included.</summary>
    public required long ManagedBytesPerStep { get; init; }

    /// <summary>Where the time of a training step goes; null unless asked for.</summary>
    public IReadOnlyList<NetworkPart>? Parts { get; init; }
}

/// <summary>Time of an op on the layers of one level, in a training step.</summary>
/// <param name="Op">For example "convolution, forward".</param>
/// <param name="Level">Of the finer side, 0 to 4; null for what has none.</param>
/// <param name="Seconds">Processor time, all threads together; on a GPU the time by its events.</param>
/// <param name="Gflop">Arithmetic of its products; 0 where there are none.</param>
/// <param name="Efficiency">Share of the peak of the threads' cores, by processor time; on a GPU of its peak.</param>
public sealed record NetworkPart(string Op, int? Level, double Seconds, double Gflop, double Efficiency);
