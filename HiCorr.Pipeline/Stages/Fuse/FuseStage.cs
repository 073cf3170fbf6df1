using System.Diagnostics;
using System.Numerics.Tensors;
using System.Text.Json;
using HiCorr.Native.Ops.Projection;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Stages.PseudoLabel;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Pipeline.Stages.Fuse;

/// <summary>
/// OpenScene's multi-view fusion: a point's feature is the mean, over the views that see it, of the unit feature of the place where it is seen
/// (<see cref="PixelFeatures"/>), so that every view counts the same. Visibility is that of the labels (<see cref="FrameProjection"/>).
/// </summary>
public sealed class FuseStage : SceneStage
{
    /// <summary>Sums in float32 that are held at a time; a larger scene is fused in several passes over its frames.</summary>
    private const long SumBytes = 256L << 20;

    private const int PointsPerBlock = 1024;
    private readonly Configuration _configuration;
    private readonly SceneStage _preprocess, _pseudoLabel;
    private readonly FrameFeatures _features;

    /// <exception cref="ConfigurationException">The configuration does not keep the images' features.</exception>
    public FuseStage(StageCache cache, Configuration configuration, ModelPack pack, SceneStage preprocess, SceneStage pseudoLabel) : base(cache)
    {
        (_configuration, _preprocess, _pseudoLabel) = (configuration, preprocess, pseudoLabel);
        _features = new FrameFeatures(configuration, pack, "the fusion of views");
    }

    public override string Name => "fuse";

    /// <summary>A scene's features take much memory, and all cores work on them.</summary>
    public override bool RunsScenesInParallel => false;

    public override IReadOnlyList<SceneStage> Upstream => [_preprocess, _pseudoLabel];

    protected override int Version => 1;

    protected override void AddInputs(string scene, ContentKey key) =>
        key.Add("depth_tolerance", _configuration.Projection.DepthTolerance).Add("depth_mode", _configuration.Projection.DepthMode);

    protected override string Run(string scene, StageResult result, Action<long> advance, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        Scene read = SceneFolder.Load(_preprocess.Locate(scene));
        FusedFeatures fused = Fuse(read, Math.Max(1, (int)Math.Min(int.MaxValue, SumBytes / (sizeof(float) * _features.Dimension))), stop);
        fused.Save(result);
        advance(1);
        return JsonSerializer.Serialize(new
        {
            frames = read.Frames.Count,
            points = read.Cloud.Count,
            pointsCovered = fused.Points.Length,
            meanViews = Math.Round(fused.Views.Sum(count => (double)count) / Math.Max(1, fused.Points.Length), 3),
            seconds = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 3),
        });
    }

    /// <param name="pointsAtOnce">How many points are fused in one pass over the frames; the result does not depend on it.</param>
    internal FusedFeatures Fuse(Scene scene, int pointsAtOnce, CancellationToken stop)
    {
        int count = scene.Cloud.Count, dimension = _features.Dimension, length = 0;
        StageResult labelMaps = _pseudoLabel.Locate(scene.Name);
        if ((long)count * dimension > Array.MaxLength)
            throw new InputException(scene.Cloud.Source, null, $"at most {Array.MaxLength / dimension} points, to hold {dimension} numbers of each", $"{count}", "A larger rgbd.fusion_voxel gives fewer");
        ushort[] views = new ushort[count];
        var values = new Half[count * dimension];
        for (int first = 0; first < count; first += pointsAtOnce)
        {
            int points = Math.Min(pointsAtOnce, count - first);
            float[] sums = new float[points * dimension];
            foreach (Frame frame in scene.Frames)
            {
                stop.ThrowIfCancellationRequested();
                (VisiblePoints visible, PixelFeatures features) = _features.Read(scene.Cloud, frame, labelMaps);
                AddFrame(visible, features, first, sums, views.AsMemory(first, points));
            }
            for (int i = 0; i < points; i++)
            {
                if (views[first + i] == 0) continue;
                Span<float> sum = sums.AsSpan(i * dimension, dimension);
                TensorPrimitives.Divide(sum, views[first + i], sum);
                TensorPrimitives.ConvertToHalf(sum, values.AsSpan(length, dimension));
                length += dimension;
            }
        }
        Array.Resize(ref values, length);
        return new FusedFeatures(views, dimension, values);
    }

    private static void AddFrame(VisiblePoints visible, PixelFeatures features, int first, float[] sums, Memory<ushort> views)
    {
        // A frame sees a point once: blocks of its points share no sum.
        int blocks = (visible.Points.Length + PointsPerBlock - 1) / PointsPerBlock, dimension = features.Dimension;
        Parallel.For(0, blocks, () => new float[3 * dimension], (block, _, buffer) =>
        {
            Span<float> scratch = buffer.AsSpan(0, 2 * dimension), feature = buffer.AsSpan(2 * dimension);
            for (int i = block * PointsPerBlock; i < Math.Min(visible.Points.Length, (block + 1) * PointsPerBlock); i++)
            {
                int point = visible.Points[i] - first;
                if ((uint)point >= (uint)views.Length) continue;
                features.Sample(visible.Columns[i], visible.Rows[i], scratch, feature);
                Span<float> sum = sums.AsSpan(point * dimension, dimension);
                TensorPrimitives.Add(sum, feature, sum);
                views.Span[point]++;
            }
            return buffer;
        }, _ => { });
    }
}
