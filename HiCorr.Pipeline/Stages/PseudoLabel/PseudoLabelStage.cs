using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Pipeline.Stages.PseudoLabel;

/// <summary>
/// Labels every frame of a scene with a vision-language model and keeps a label map per frame (<see cref="LabelMapFile"/>), the
/// class names in <c>classes.json</c>, and <c>FRAME.features.npy</c> (d, h, w; float16) where asked for. An interrupted scene
/// goes on with the frames that are missing.
/// </summary>
public sealed class PseudoLabelStage : SceneStage, IDisposable
{
    /// <summary>Images that are read and scaled while the network works on others; each takes its input's memory.</summary>
    private const int ImagesAhead = 2;

    private readonly PseudoLabelConfiguration _options;
    private readonly ModelPack _pack;
    private readonly ClassSelection _classes;
    private readonly PreprocessStage _preprocess;
    private readonly InferenceDevice _device;

    // A scene that is in the cache needs no network, so none is loaded before the first that is not.
    private readonly Lazy<DensePredictor> _predictor;

    /// <exception cref="ConfigurationException">The pack cannot do what the configuration asks for.</exception>
    public PseudoLabelStage(StageCache cache, Configuration configuration, ModelPack pack, ClassSelection classes, PreprocessStage preprocess) : base(cache)
    {
        (_options, _pack, _classes, _preprocess) = (configuration.PseudoLabel, pack, classes, preprocess);
        InferenceOptions inference = InferenceOptions.Of(configuration, pack);
        _device = inference.Device;
        _predictor = new(() => new DensePredictor(pack, classes, inference));
    }

    public override string Name => "pseudo-label";

    /// <summary>2: label maps with entropy.</summary>
    protected override int Version => 2;

    /// <summary>The network uses all cores on one image.</summary>
    public override bool RunsScenesInParallel => false;

    public override IReadOnlyList<SceneStage> Upstream => [_preprocess];

    public override long Steps(string scene) => Frames(scene).Count;

    /// <summary>The label map of a frame in a result of this stage.</summary>
    /// <exception cref="ArtefactException">The file is missing or damaged.</exception>
    public static LabelMap Read(StageResult result, string frame) => LabelMapFile.Read(LabelsOf(result, frame));

    /// <summary>Where the features of a frame are kept, (d, h, w).</summary>
    internal static string FeaturesOf(StageResult result, string frame) => result.PathOf(frame + ".features.npy");

    /// <summary>Lets go of the network.</summary>
    public void Dispose()
    {
        if (_predictor.IsValueCreated) _predictor.Value.Dispose();
    }

    /// <summary>The batch and the device are among them: they change the last bits.</summary>
    protected override void AddInputs(string scene, ContentKey key)
    {
        key.Add("model", _pack.Key).Add("classes", string.Join('\n', _classes.Classes.Names));
        if (_classes.TextKey is { } text) key.Add("text", text);
        key.Add("resize", _options.Resize).Add("max_side", _options.MaxSide).Add("save_features", _options.SaveFeatures);
        key.Add("size", _options.Size).Add("window", _options.Window).Add("overlap", _options.Overlap).Add("flip", _options.Flip).Add("scales", _options.Scales);
        key.Add("prompt_denoising", _options.PromptDenoising).Add("key_smoothing", _options.KeySmoothing).Add("min_confidence", _options.MinConfidence);
        key.Add("batch", _options.Batch).Add("device", _device == InferenceDevice.Cuda ? "cuda" : "cpu");
    }

    protected override string Run(string scene, StageResult result, Action<long> advance, CancellationToken stop)
    {
        IReadOnlyList<Frame> frames = Frames(scene);
        AtomicFile.WriteText(result.PathOf("classes.json"), JsonSerializer.Serialize(_classes.Classes.Names));
        HashSet<Frame> missing = [.. frames.Where(frame => !File.Exists(LabelsOf(result, frame.Id)))];
        advance(frames.Count - missing.Count);
        var times = new LabellingTimes();
        // Batches are the same whatever is there already: what shares a run may change the last bits.
        Frame[][] batches = [.. frames.Chunk(_options.Batch).Where(batch => batch.Any(missing.Contains))];
        if (batches.Length > 0) LabelFrames(batches, missing, result, times, advance, stop);
        return times.ToJson(frames.Count, missing.Count);
    }

    /// <summary>Reading runs ahead of the network and writing behind it, each on a thread of its own.</summary>
    private void LabelFrames(Frame[][] batches, HashSet<Frame> missing, StageResult result, LabellingTimes times, Action<long> advance, CancellationToken stop)
    {
        DensePredictor predictor = _predictor.Value;
        predictor.Times.Clear();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var ahead = new BlockingCollection<(Frame[] Frames, PreparedImage[] Images)>(Math.Max(1, ImagesAhead / _options.Batch));
        Task reading = Task.Run(() =>
        {
            try
            {
                foreach (Frame[] batch in batches) ahead.Add((batch, [.. batch.Select(frame => Read(predictor, frame, times))]), ended.Token);
            }
            finally
            {
                ahead.CompleteAdding();
            }
        }, CancellationToken.None);
        Task writing = Task.CompletedTask;
        try
        {
            foreach ((Frame[] batch, PreparedImage[] images) in ahead.GetConsumingEnumerable(stop))
            {
                DensePrediction[] predictions = predictor.Predict(images, _options.SaveFeatures);
                writing.GetAwaiter().GetResult();
                writing = Task.Run(() =>
                {
                    long start = Stopwatch.GetTimestamp();
                    for (int i = 0; i < batch.Length; i++)
                    {
                        if (!missing.Contains(batch[i])) continue;
                        Write(result, batch[i], predictions[i]);
                        advance(1);
                    }
                    times.Write += Stopwatch.GetElapsedTime(start);
                }, CancellationToken.None);
            }
        }
        finally
        {
            ended.Cancel();
            Task.WaitAny(reading);
            Task.WaitAny(writing);
        }
        writing.GetAwaiter().GetResult();
        reading.GetAwaiter().GetResult();
        times.Prediction = predictor.Times;
    }

    private static PreparedImage Read(DensePredictor predictor, Frame frame, LabellingTimes times)
    {
        long start = Stopwatch.GetTimestamp();
        ColorImage image = frame.Images.ReadColor();
        times.Decode += Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        PreparedImage prepared = predictor.Prepare(image);
        times.Resize += Stopwatch.GetElapsedTime(start);
        return prepared;
    }

    private static void Write(StageResult result, Frame frame, DensePrediction prediction)
    {
        if (prediction.Features is { } features)
            NpyWriter.Write<Half>(FeaturesOf(result, frame.Id), features.Values, features.Dimension, features.Height, features.Width);
        // The labels come last: where they are, the frame is done.
        LabelMapFile.Write(LabelsOf(result, frame.Id), prediction.Labels);
    }

    private static string LabelsOf(StageResult result, string frame) => result.PathOf(frame + LabelMapFile.Extension);

    private IReadOnlyList<Frame> Frames(string scene) => SceneFolder.LoadFrames(_preprocess.Locate(scene));
}
