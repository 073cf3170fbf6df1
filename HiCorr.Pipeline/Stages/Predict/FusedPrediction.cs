using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Argmax;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Fuse;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Pipeline.Stages.Predict;

/// <summary>
/// OpenScene's predictions from images: a point's fused feature, scored as the model pack scores its own (<see cref="CosineScoring"/>); with a distilled
/// network, of the two features of a point the one with the higher best score (the 2D-3D ensemble). A point that no view sees has the network's
/// label, or none without one.
/// </summary>
internal sealed class FusedPrediction : PredictStage
{
    private const int RowsPerBlock = 4096;
    private readonly ScenePipeline _pipeline;
    private readonly FuseStage _fuse;
    private readonly Lazy<SegmentationNetwork>? _network;
    private readonly Lazy<string>? _networkKey;

    /// <param name="networkPath">A distilled network; null for the fused features alone.</param>
    public FusedPrediction(ScenePipeline pipeline, string? networkPath) : base(pipeline.Cache, pipeline.Preprocess)
    {
        (_pipeline, _fuse) = (pipeline, pipeline.Fuse);
        if (networkPath is null) return;
        _network = new(() => ReadDistilled(networkPath));
        _networkKey = new(() => new ContentKey().AddContent(networkPath).ToString());
    }

    public override IReadOnlyList<SceneStage> Upstream => [.. base.Upstream, _fuse];

    protected override void AddInputs(string scene, ContentKey key)
    {
        key.Add("source", _network is null ? "fused" : "ensemble");
        if (_networkKey is not null) AddNetwork(key, _networkKey.Value, _pipeline.Configuration.Predict.Turns, _pipeline.Compute);
    }

    protected override Prediction Predict(Scene scene)
    {
        int count = scene.Cloud.Count;
        FusedFeatures fused = FusedFeatures.Load(_fuse.Locate(scene.Name), count);
        using VoxelScores? network = count == 0 ? null : _network?.Value.Score(scene.Cloud, scene.Up).OnHost();
        ClassSelection classes = _pipeline.Classes;
        // A network knows a row per class: where its scores stand beside them, the best of several prompts would always be the higher.
        bool byPrompt = network is null && classes.LabelClasses is not null;
        float[] text = byPrompt ? classes.LabelRows : _pipeline.Text.Rows;
        CosineScoring scoring = _pipeline.Scoring;
        CpuDevice device = CpuDevice.Default;
        using Tensor textRows = device.Memory.Rent(text.Length / _pipeline.Pack.EmbeddingDimension, _pipeline.Pack.EmbeddingDimension);
        textRows.CopyFrom(text);
        byte[] bestLabels = new byte[RowsPerBlock];
        float[] bestConfidence = new float[RowsPerBlock];

        Prediction prediction = network?.Best() ?? new Prediction([.. Enumerable.Repeat(ClassList.None, count)], new float[count]);
        for (int first = 0; first < fused.Points.Length; first += RowsPerBlock)
        {
            int rows = Math.Min(RowsPerBlock, fused.Points.Length - first);
            using Tensor features = device.Memory.Rent(rows, fused.Dimension), scores = device.Memory.Rent(rows, textRows.Rows);
            for (int i = 0; i < rows; i++) fused.CopyTo(first + i, features.Row(i));
            CrossEntropy.Logits(device, features, textRows, null, scores);
            scoring.Apply(features, scores);
            using Tensor? ofPrompts = byPrompt ? device.Memory.Rent(rows, classes.Classes.Count) : null;
            for (int i = 0; i < ofPrompts?.Rows; i++) classes.TakeBest(scores.Row(i), ofPrompts.Row(i));
            Tensor ofClasses = ofPrompts ?? scores;
            Argmax.Forward(device, ofClasses, bestLabels.AsSpan(0, rows), bestConfidence.AsSpan(0, rows));
            for (int i = 0; i < rows; i++)
            {
                int point = fused.Points[first + i];
                if (network is not null && !IsHigher(ofClasses.Row(i), network.Rows.Row(network.Input.RowOf(0, point)))) continue;
                (prediction.Labels[point], prediction.Confidence[point]) = (bestLabels[i], bestConfidence[i]);
            }
        }
        return prediction;
    }

    protected override void Dispose(bool disposing)
    {
        if (_network is { IsValueCreated: true }) _network.Value.Dispose();
    }

    /// <summary>OpenScene's choice; of equals the image's feature.</summary>
    internal static bool IsHigher(ReadOnlySpan<float> fused, ReadOnlySpan<float> network) =>
        System.Numerics.Tensors.TensorPrimitives.Max(fused) >= System.Numerics.Tensors.TensorPrimitives.Max(network);

    private SegmentationNetwork ReadDistilled(string path)
    {
        SegmentationNetwork network = Read(path, _pipeline.Configuration.Predict.Turns, _pipeline.Compute.Device);
        // Inner products of a network that labels taught are no cosines: their height says nothing beside one.
        string? mismatch = network.Scoring is null ? "one that was trained on labels"
            : !network.Text.Classes.Names.SequenceEqual(_pipeline.Text.Classes.Names) ? $"one of the classes {string.Join(", ", network.Text.Classes.Names)}" : null;
        if (mismatch is null) return network;
        network.Dispose();
        throw new ArtefactException(path, null, $"a distilled network of the classes {string.Join(", ", _pipeline.Text.Classes.Names)}", mismatch, "Train it with --method openscene-ensemble and the same classes");
    }
}
