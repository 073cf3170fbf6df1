using System.ComponentModel.DataAnnotations;
using HiCorr.Native.Ops.Projection;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Networks;

namespace HiCorr.Pipeline.Config;

/// <summary>The resolved configuration. Defaults live in Presets/default.yaml only; keys are the property names in snake_case.</summary>
public sealed record Configuration
{
    [Range(0, int.MaxValue)] public required int Seed { get; init; }
    public required ComputeConfiguration Compute { get; init; }
    public required DatasetConfiguration Dataset { get; init; }
    public required RgbdConfiguration Rgbd { get; init; }
    public required ModelConfiguration Model { get; init; }
    public required PseudoLabelConfiguration PseudoLabel { get; init; }
    public required ProjectionConfiguration Projection { get; init; }
    public required OversegmentConfiguration Oversegment { get; init; }
    public required MasksConfiguration Masks { get; init; }
    public required FlatConfiguration Flat { get; init; }
    public required RefineConfiguration Refine { get; init; }
    public required NetworkConfiguration Network { get; init; }
    public required TrainConfiguration Train { get; init; }
    public required CorrelationConfiguration Correlation { get; init; }
    public required FeedbackConfiguration Feedback { get; init; }
    public required DistillationConfiguration Distillation { get; init; }
    public required ConsistencyConfiguration Consistency { get; init; }
    public required SelfTrainingConfiguration SelfTraining { get; init; }
    public required CotrainingConfiguration Cotraining { get; init; }
    public required PredictConfiguration Predict { get; init; }
    public required EvaluateConfiguration Evaluate { get; init; }
}

public sealed record ComputeConfiguration
{
    [AllowedValues("cpu", "cuda", "auto")] public required string Device { get; init; }
    [AllowedValues("fp32", "tf32", "bf16", "fp16")] public required string Precision { get; init; }
    [Range(0.0, 10_000.0)] public required double Memory { get; init; }
}

public sealed record DatasetConfiguration
{
    [AllowedValues("scannet", "rgbd")] public required string Layout { get; init; }
    public required string Root { get; init; }
    [Range(1, 10_000)] public required int FrameStride { get; init; }
}

public sealed record RgbdConfiguration
{
    [AllowedValues("auto", "x", "-x", "y", "-y", "z", "-z")] public required string Up { get; init; }
    [Range(0.001, 1.0)] public required double FusionVoxel { get; init; }
    [Range(1, 1000)] public required int FusionMinObservations { get; init; }
}

public sealed record ModelConfiguration
{
    public required string Path { get; init; }
    public required string Classes { get; init; }
    public required string Templates { get; init; }
}

public sealed record PseudoLabelConfiguration
{
    [AllowedValues("pack", "pad", "stretch")] public required string Resize { get; init; }
    [ImageSizeFormat("pack", "image")] public required string Size { get; init; }
    [ImageSizeFormat("none", "pack")] public required string Window { get; init; }
    [Range(0.0, 0.9)] public required double Overlap { get; init; }
    public required bool Flip { get; init; }
    [ScalesFormat] public required string Scales { get; init; }
    [Range(0.0, 1.0)] public required double PromptDenoising { get; init; }
    [Range(0.0, 1.0)] public required double KeySmoothing { get; init; }
    [Range(0.0, 1.0)] public required double MinConfidence { get; init; }
    [Range(1, 32_768)] public required int MaxSide { get; init; }
    public required bool SaveFeatures { get; init; }
    [Range(1, 256)] public required int Batch { get; init; }
    [AllowedValues("compute", "cpu", "cuda")] public required string Device { get; init; }
}

public sealed record ProjectionConfiguration
{
    [AllowedValues("pack", "flat")] public required string Labels { get; init; }
    [Range(0.0, 100.0)] public required double DepthTolerance { get; init; }
    [AllowedValues("absolute", "relative")] public required string DepthMode { get; init; }

    public DepthTest Test => new(DepthTolerance, DepthMode == "relative");
}

public sealed record OversegmentConfiguration
{
    [AllowedValues("computed", "shipped")] public required string Source { get; init; }
    [Range(0.0, 1e6)] public required double Threshold { get; init; }
    [Range(1, 1_000_000)] public required int MinVertices { get; init; }
    [Range(3, 64)] public required int Neighbours { get; init; }
}

public sealed record MasksConfiguration
{
    [AllowedValues("superpixel", "sam")] public required string Source { get; init; }
    [Range(1, 32_768)] public required int MaxSide { get; init; }
    [Range(0.0, 100.0)] public required double Smoothing { get; init; }
    [Range(0.0, 1e6)] public required double Threshold { get; init; }
    [Range(1, 1_000_000)] public required int MinPixels { get; init; }
    public required string Model { get; init; }
    [Range(1, 1024)] public required int PointsPerSide { get; init; }
    [Range(0.0, 1.0)] public required double PredictedIou { get; init; }
    [Range(0.0, 1.0)] public required double Stability { get; init; }
    [Range(0.0, 1.0)] public required double BoxIou { get; init; }
}

public sealed record FlatConfiguration
{
    [AllowedValues("pack", "masks")] public required string Labels { get; init; }
    [Range(1, 32_768)] public required int MaxSide { get; init; }
    [Range(1, 100_000)] public required int Epochs { get; init; }
    [Range(1, 1024)] public required int ImagesPerStep { get; init; }
    public required bool Flip { get; init; }
}

public sealed record RefineConfiguration
{
    [AllowedValues("segments", "masks")] public required string Sets { get; init; }
    [AllowedValues("view", "scene", "none")] public required string Scope { get; init; }
}

public sealed record NetworkConfiguration
{
    [Range(0.001, 10.0)] public required double VoxelSize { get; init; }
    [AllowedValues("color", "color_shape")] public required string Inputs { get; init; }

    /// <summary><see cref="Inputs"/>, whose values are names of these.</summary>
    internal NetworkInputs VoxelInputs => VoxelFeatures.Parse(Inputs)!.Value;
}

public sealed record TrainConfiguration
{
    [Range(1, 100_000)] public required int Epochs { get; init; }
    [Range(1, 1024)] public required int BatchScenes { get; init; }
    [Range(1, 100_000)] public required int ViewsPerScene { get; init; }
    [AllowedValues("sgd", "adamw")] public required string Optimiser { get; init; }
    [Range(0.0, 100.0)] public required double LearningRate { get; init; }
    [Range(0.0, 0.5)] public required double WarmUp { get; init; }
    [Range(0.0, 0.9999)] public required double Momentum { get; init; }
    [Range(0.0, 1.0)] public required double Dampening { get; init; }
    [Range(0.0, 1.0)] public required double WeightDecay { get; init; }
    [Range(0.0, 1.0)] public required double ClassBalance { get; init; }
    public required bool PreciseBatchNorm { get; init; }
    public required bool Rotate { get; init; }
    public required bool Flip { get; init; }
    [AllowedValues("mean", "sum")] public required string LossReduction { get; init; }
}

public sealed record CorrelationConfiguration
{
    [AllowedValues("none", "intra", "inter")] public required string Scope { get; init; }
    [Range(1, 1_000_000)] public required int Points { get; init; }
    [AllowedValues("vit", "linear")] public required string Block { get; init; }
    [AllowedValues("none", "xyz")] public required string Position { get; init; }
    [Range(1, 1024)] public required int Heads { get; init; }
    [Range(0.0, 100.0)] public required double LearningRate { get; init; }
    [Range(0.0, 1.0)] public required double WeightDecay { get; init; }
    [Range(0.0, 1e6)] public required double Weight { get; init; }
    [Range(0, 100_000)] public required int StartEpoch { get; init; }
}

public sealed record FeedbackConfiguration
{
    public required bool Enabled { get; init; }
    [AllowedValues("channels", "classes")] public required string Distribution { get; init; }
    public required bool Detach { get; init; }
    [Range(0.0, 1e6)] public required double Weight { get; init; }
    [Range(0, 100_000)] public required int StartEpoch { get; init; }
}

public sealed record DistillationConfiguration
{
    public required bool Enabled { get; init; }
}

public sealed record ConsistencyConfiguration
{
    public required bool Enabled { get; init; }
}

public sealed record SelfTrainingConfiguration
{
    public required bool Enabled { get; init; }
    [Range(0.0, 1.0)] public required double Probability { get; init; }
    [Range(0, 100_000)] public required int StartEpoch { get; init; }
}

public sealed record CotrainingConfiguration
{
    public required bool Enabled { get; init; }
    [Range(0.0, 1.0)] public required double Probability { get; init; }
    [Range(0, 100_000)] public required int StartEpoch { get; init; }
}

public sealed record PredictConfiguration
{
    [AllowedValues("network", "projected", "fused", "ensemble")] public required string Source { get; init; }
    [Range(1, 64)] public required int Turns { get; init; }

    /// <summary>Whether a network has to be trained for it.</summary>
    public bool NeedsNetwork => Source is "network" or "ensemble";

    /// <summary>Whether it reads the images' features on the points.</summary>
    public bool NeedsFusion => Source is "fused" or "ensemble";
}

public sealed record EvaluateConfiguration
{
    [AllowedValues("none", "clip2scene")] public required string Compat { get; init; }
}
