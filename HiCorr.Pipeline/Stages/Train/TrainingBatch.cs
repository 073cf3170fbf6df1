using System.Runtime.InteropServices;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Random;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Networks;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>One step's input: augmented scenes as voxels, the drawn (voxel row, pseudo-label) pairs, and the points to correlate.</summary>
internal sealed class TrainingBatch(VoxelInput input, RowLabels pairs, SampledPoints? sample) : IDisposable
{
    public VoxelInput Input { get; } = input;

    public RowLabels Pairs { get; } = pairs;

    /// <summary>Null where nothing is correlated.</summary>
    public SampledPoints? Sample { get; } = sample;

    /// <param name="scenes">The batch's scenes with their index in the training set.</param>
    /// <param name="balance">Which pairs are drawn.</param>
    /// <param name="epoch">Draws and augmentations are functions of (seed, epoch, index).</param>
    /// <param name="points">Points of each scene to sample; 0 for none.</param>
    public static TrainingBatch Build(CpuDevice device, IReadOnlyList<(int Index, TrainingScene Scene)> scenes, Configuration configuration, int epoch,
        ClassBalance balance, int points)
    {
        TrainConfiguration train = configuration.Train;
        ulong seed = (ulong)configuration.Seed;
        var input = VoxelInput.Build(device, [.. scenes.Select(s =>
            (s.Scene.Cloud, Augmentation.Draw(s.Scene.Upright, new CounterRandom(seed, "augment", (ulong)epoch, (ulong)s.Index), train.Rotate, train.Flip)))],
            configuration.Network.VoxelSize);

        var rows = new List<int>();
        var labels = new List<int>();
        SampleBuilder? sample = points > 0 ? new SampleBuilder(input, configuration.Network.VoxelSize) : null;
        for (int item = 0; item < scenes.Count; item++)
        {
            (int index, TrainingScene scene) = scenes[item];
            (List<int> labelled, List<byte> drawn) = scene.DrawPairs(new CounterRandom(seed, "views", (ulong)epoch, (ulong)index), train.ViewsPerScene, balance);
            for (int i = 0; i < labelled.Count; i++)
            {
                rows.Add(input.RowOf(item, labelled[i]));
                labels.Add(drawn[i]);
            }
            sample?.Add(item, scene.Sets.Draw(points, new CounterRandom(seed, "sample", (ulong)epoch, (ulong)index)), scene.Cloud.Count, labelled, drawn);
        }
        int voxels = input.Voxels.First.Length;
        return new TrainingBatch(input, RowLabels.FromPairs(voxels, CollectionsMarshal.AsSpan(rows),
            CollectionsMarshal.AsSpan(labels), balance.Keep.Length), sample?.Build(balance.Keep.Length));
    }

    public void Dispose() => Input.Dispose();
}
