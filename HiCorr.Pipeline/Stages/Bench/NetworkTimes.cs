namespace HiCorr.Pipeline.Stages.Bench;

/// <summary>What <see cref="NetworkBenchmark"/> measured; written as JSON by "hicorr bench network --json".</summary>
public sealed record NetworkTimes
{
    public int SchemaVersion => 1;

    public required string Device { get; init; }

    /// <summary>Instructions used: Portable, Vector256 or Vector512.</summary>
    public required string Simd { get; init; }

    public required int Threads { get; init; }

    public required int Voxels { get; init; }

    public required int Repetitions { get; init; }

    /// <summary>Building all levels and kernel maps; part of both times below.</summary>
    public required double MapSeconds { get; init; }

    public required double InferenceSeconds { get; init; }

    /// <summary>Forward, cross entropy, backward and SGD.</summary>
    public required double TrainStepSeconds { get; init; }

    /// <summary>Arithmetic of a forward pass over the voxel pairs that exist.</summary>
    public required double UsefulGflop { get; init; }

    /// <summary>Measured right after: all threads on multiply-adds in registers.</summary>
    public required double FmaPeakGflops { get; init; }

    /// <summary>Share of the peak that inference reaches.</summary>
    public required double Efficiency { get; init; }

    /// <summary>Share of the peak that a training step reaches, counted as three forward passes.</summary>
    public required double TrainEfficiency { get; init; }

    /// <summary>Most tensor memory held at once during a training step, weights included.</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary>Managed memory allocated by a training step, kernel maps included.</summary>
    public required long ManagedBytesPerStep { get; init; }
}
