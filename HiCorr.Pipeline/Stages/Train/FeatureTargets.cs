using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Projection;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Stages.Fuse;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>The image features that the voxels of a batch are compared with.</summary>
internal static class FeatureTargets
{
    /// <summary>The direction of every point's fused feature.</summary>
    public static RowTargets OfPoints(Device device, VoxelInput input, IReadOnlyList<TrainingScene> scenes)
    {
        FusedFeatures[] fused = [.. scenes.Select(scene => scene.ReadFused!())];
        int[] rows = [.. fused.SelectMany((features, item) => features.Points.Select(point => input.RowOf(item, point)))];
        var targets = new RowTargets(device, input.Voxels.First.Length, fused[0].Dimension, rows);
        float[] feature = new float[fused[0].Dimension];
        int entry = 0;
        foreach (FusedFeatures features in fused)
        {
            for (int i = 0; i < features.Points.Length; i++)
            {
                features.CopyTo(i, feature);
                PixelFeatures.Normalise(feature);
                targets.Add(entry++, feature);
            }
        }
        return targets;
    }

    /// <summary>The feature of every drawn pair's pixel.</summary>
    /// <param name="rows">Voxel row of each pair, scene by scene.</param>
    public static RowTargets OfPixels(Device device, VoxelInput input, IReadOnlyList<TrainingScene> scenes, IReadOnlyList<DrawnPairs> drawn, ReadOnlySpan<int> rows)
    {
        RowTargets? targets = null;
        float[] feature = [], scratch = [];
        int firstOfScene = 0;
        for (int item = 0; item < scenes.Count; item++)
        {
            foreach ((int frame, Range pairs) in drawn[item].Frames)
            {
                (VisiblePoints visible, PixelFeatures features) = scenes[item].ReadFrame!(frame);
                if (targets is null)
                {
                    targets = new RowTargets(device, input.Voxels.First.Length, features.Dimension, rows);
                    (feature, scratch) = (new float[features.Dimension], new float[2 * features.Dimension]);
                }
                int seen = 0;
                for (int i = pairs.Start.Value; i < pairs.End.Value; i++)
                {
                    // Both ascend, and the pairs were made from the same projection.
                    while (visible.Points[seen] < drawn[item].Points[i]) seen++;
                    features.Sample(visible.Columns[seen], visible.Rows[seen], scratch, feature);
                    targets.Add(firstOfScene + i, feature);
                }
            }
            firstOfScene += drawn[item].Points.Count;
        }
        return targets!;
    }
}
