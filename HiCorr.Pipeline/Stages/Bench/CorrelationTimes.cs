namespace HiCorr.Pipeline.Stages.Bench;

/// <summary>What <see cref="CorrelationBenchmark"/> measured; written as JSON by "hicorr bench correlation --json".</summary>
public sealed record CorrelationTimes
{
    public int SchemaVersion => 2; // 2: arithmetic in place of simd

    public required string Device { get; init; }

    /// <inheritdoc cref="BenchDevice.Arithmetic"/>
    public required string Arithmetic { get; init; }

    public required int Threads { get; init; }

    public required int Scenes { get; init; }

    /// <summary>Sampled points a scene.</summary>
    public required int Points { get; init; }

    public required int Width { get; init; }

    public required int Repetitions { get; init; }

    /// <summary>Every scene by itself.</summary>
    public required TransformerTimes Intra { get; init; }

    /// <summary>All scenes as one sequence.</summary>
    public required TransformerTimes Inter { get; init; }

    /// <summary>AdamW over the parameters of both.</summary>
    public required double OptimiserSeconds { get; init; }

    /// <summary>Measured right after: multiply-adds in registers on all threads, or on all of the GPU.</summary>
    public required double FmaPeakGflops { get; init; }

    /// <summary>Most tensor memory held at once during a step of both, weights and optimiser included.</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary>Managed memory that all threads allocate during such a step.</summary>
    public required long ManagedBytesPerStep { get; init; }
}

/// <summary>Times of one transformer in a training step.</summary>
public sealed record TransformerTimes
{
    public required double ForwardSeconds { get; init; }

    public required double BackwardSeconds { get; init; }

    /// <summary>Processor time of the forward pass, all threads together; hardly feels what else the machine does.</summary>
    public required double ForwardProcessorSeconds { get; init; }

    public required double BackwardProcessorSeconds { get; init; }

    /// <summary>Arithmetic of a forward pass: products with matrices, of queries with keys and of weights with values.</summary>
    public required double UsefulGflop { get; init; }

    /// <summary>Share of the peak that the forward pass reaches.</summary>
    public required double Efficiency { get; init; }

    /// <summary>Share of the peak that both passes reach, counted as three forward passes: attention weights that are made anew do not count.</summary>
    public required double TrainEfficiency { get; init; }

    /// <summary>Share of the peak of the threads' cores that the forward pass reaches while it has them: by processor time; null on a GPU.</summary>
    public required double? ProcessorEfficiency { get; init; }

    /// <summary>The same for both passes.</summary>
    public required double? TrainProcessorEfficiency { get; init; }
}
