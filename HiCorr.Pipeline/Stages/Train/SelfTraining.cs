using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>CLIP2Scene's switchable self-training: from an epoch on, the labels of a step are with some probability those that the network itself gives.</summary>
/// <param name="Seed">Of the run.</param>
/// <param name="Start">First epoch, from 0.</param>
/// <param name="Probability">Of a step.</param>
internal sealed record SelfTraining(ulong Seed, int Start, double Probability)
{
    public bool Switches(int epoch, int step) => epoch >= Start && new CounterRandom(Seed, "self-training", (ulong)epoch).Uniform((ulong)step) < Probability;

    /// <summary>The batch's pairs, each with the class that the training pass scores highest for its voxel.</summary>
    public static RowLabels OwnLabels(TrainingPass pass)
    {
        using Tensor scores = pass.Device.Memory.Rent(pass.Features.Rows, pass.Text.Rows);
        CrossEntropy.Logits(pass.Device, pass.Features, pass.Text, null, scores);
        int[] labels = new int[scores.Rows];
        ReadOnlySpan<float> values = scores.ToArray();
        for (int row = 0; row < labels.Length; row++) labels[row] = TensorPrimitives.IndexOfMax(values.Slice(row * scores.Columns, scores.Columns));
        return pass.Batch.Pairs.Relabelled(labels);
    }
}
