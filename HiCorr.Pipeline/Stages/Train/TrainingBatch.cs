using System.Runtime.InteropServices;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Random;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Networks;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>One step's input: augmented scenes as voxels, the drawn (voxel row, pseudo-label) pairs, and what else the losses compare features with.</summary>
internal sealed class TrainingBatch : IDisposable
{
    public required VoxelInput Input { get; init; }

    public required RowLabels Pairs { get; init; }

    /// <summary>The points to correlate; null where nothing is correlated.</summary>
    public SampledPoints? Sample { get; init; }

    /// <summary>Fused features of the points; null without distillation.</summary>
    public RowTargets? Fused { get; init; }

    /// <summary>Features of the drawn pairs' pixels; null without consistency.</summary>
    public RowTargets? Pixels { get; init; }

    /// <param name="scenes">The batch's scenes with their index in the training set.</param>
    /// <param name="balance">Which pairs are drawn.</param>
    /// <param name="epoch">Draws and augmentations are functions of (seed, epoch, index).</param>
    /// <param name="points">Points of each scene to sample; 0 for none.</param>
    /// <param name="cotrains">Whether the 2D network's labels take part.</param>
    public static TrainingBatch Build(Device device, IReadOnlyList<(int Index, TrainingScene Scene)> scenes, Configuration configuration, int epoch,
        ClassBalance balance, int points, bool cotrains = false)
    {
        TrainConfiguration train = configuration.Train;
        ulong seed = (ulong)configuration.Seed;
        var input = VoxelInput.Build(device, [.. scenes.Select(s =>
            (s.Scene.Cloud, Augmentation.Draw(s.Scene.Upright, new CounterRandom(seed, "augment", (ulong)epoch, (ulong)s.Index), train.Rotate, train.Flip)))],
            configuration.Network.VoxelSize, configuration.Network.VoxelInputs);

        var rows = new List<int>();
        var labels = new List<int>();
        var drawn = new DrawnPairs[scenes.Count];
        SampleBuilder? sample = points > 0 ? new SampleBuilder(input, configuration.Network.VoxelSize) : null;
        for (int item = 0; item < scenes.Count; item++)
        {
            (int index, TrainingScene scene) = scenes[item];
            drawn[item] = scene.DrawPairs(new CounterRandom(seed, "views", (ulong)epoch, (ulong)index), train.ViewsPerScene, balance,
                cotrains ? new LabelSwitch(new CounterRandom(seed, "cotraining", (ulong)epoch, (ulong)index), configuration.Cotraining.Probability) : null);
            foreach (int point in drawn[item].Points) rows.Add(input.RowOf(item, point));
            foreach (byte label in drawn[item].Labels) labels.Add(label);
            sample?.Add(item, scene.Sets.Draw(points, new CounterRandom(seed, "sample", (ulong)epoch, (ulong)index)), scene.Cloud.Count, drawn[item].Points, drawn[item].Labels);
        }
        TrainingScene[] of = [.. scenes.Select(s => s.Scene)];
        return new TrainingBatch
        {
            Input = input,
            Pairs = RowLabels.FromPairs(input.Voxels.First.Length, CollectionsMarshal.AsSpan(rows), CollectionsMarshal.AsSpan(labels), balance.Keep.Length),
            Sample = sample?.Build(balance.Keep.Length),
            Fused = configuration.Distillation.Enabled ? FeatureTargets.OfPoints(device, input, of) : null,
            Pixels = configuration.Consistency.Enabled ? FeatureTargets.OfPixels(device, input, of, drawn, CollectionsMarshal.AsSpan(rows)) : null,
        };
    }

    public void Dispose()
    {
        Input.Dispose();
        Fused?.Dispose();
        Pixels?.Dispose();
    }
}
