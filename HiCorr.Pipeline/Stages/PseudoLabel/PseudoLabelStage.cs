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
public sealed class PseudoLabelStage(StageCache cache, Configuration configuration, ModelPack pack, ClassSelection classes, PreprocessStage preprocess)
    : SceneStage(cache), IDisposable
{
    /// <summary>Images that are read and scaled while the network works on another; each takes its input's memory.</summary>
    private const int ImagesAhead = 2;

    private readonly PseudoLabelConfiguration _options = configuration.PseudoLabel;

    // A scene that is in the cache needs no network, so none is loaded before the first that is not.
    private readonly Lazy<DensePredictor> _predictor = new(() => new DensePredictor(pack, classes, Fit(configuration.PseudoLabel), configuration.PseudoLabel.MaxSide));

    public override string Name => "pseudo-label";

    protected override int Version => 1;

    /// <summary>The network uses all cores on one image.</summary>
    public override bool RunsScenesInParallel => false;

    public override IReadOnlyList<SceneStage> Upstream => [preprocess];

    public override long Steps(string scene) => Frames(scene).Count;

    /// <summary>The label map of a frame in a result of this stage.</summary>
    /// <exception cref="ArtefactException">The file is missing or damaged.</exception>
    public static LabelMap Read(StageResult result, string frame) => LabelMapFile.Read(LabelsOf(result, frame));

    /// <summary>Where the features of a frame are kept, (d, h, w).</summary>
    internal static string FeaturesOf(StageResult result, string frame) => result.PathOf(frame + ".features.npy");

    /// <summary>How images are brought to the network's size; null leaves it to the pack.</summary>
    internal static ImageFit? Fit(PseudoLabelConfiguration options) => options.Resize switch
    {
        "pad" => ImageFit.Pad,
        "stretch" => ImageFit.Stretch,
        _ => null,
    };

    /// <summary>Lets go of the network.</summary>
    public void Dispose()
    {
        if (_predictor.IsValueCreated) _predictor.Value.Dispose();
    }

    protected override void AddInputs(string scene, ContentKey key)
    {
        key.Add("model", pack.Key).Add("classes", string.Join('\n', classes.Classes.Names));
        if (classes.TextKey is { } text) key.Add("text", text);
        key.Add("resize", _options.Resize).Add("max_side", _options.MaxSide).Add("save_features", _options.SaveFeatures);
    }

    protected override string Run(string scene, StageResult result, Action<long> advance, CancellationToken stop)
    {
        IReadOnlyList<Frame> frames = Frames(scene);
        AtomicFile.WriteText(result.PathOf("classes.json"), JsonSerializer.Serialize(classes.Classes.Names));
        Frame[] missing = [.. frames.Where(frame => !File.Exists(LabelsOf(result, frame.Id)))];
        advance(frames.Count - missing.Length);
        long start = Stopwatch.GetTimestamp();
        if (missing.Length > 0) LabelFrames(missing, result, advance, stop);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return JsonSerializer.Serialize(new
        {
            frames = frames.Count,
            labelledNow = missing.Length,
            seconds = Math.Round(seconds, 3),
            imagesPerSecond = missing.Length == 0 ? 0 : Math.Round(missing.Length / seconds, 2),
        });
    }

    /// <summary>Reading runs ahead of the network and writing behind it, each on a thread of its own.</summary>
    private void LabelFrames(Frame[] frames, StageResult result, Action<long> advance, CancellationToken stop)
    {
        DensePredictor predictor = _predictor.Value;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var ahead = new BlockingCollection<(Frame Frame, PreparedImage Image)>(ImagesAhead);
        Task reading = Task.Run(() =>
        {
            try
            {
                foreach (Frame frame in frames) ahead.Add((frame, predictor.Prepare(frame.Images.ReadColor())), ended.Token);
            }
            finally
            {
                ahead.CompleteAdding();
            }
        }, CancellationToken.None);
        Task writing = Task.CompletedTask;
        try
        {
            foreach ((Frame frame, PreparedImage image) in ahead.GetConsumingEnumerable(stop))
            {
                DensePrediction prediction = predictor.Predict(image, _options.SaveFeatures);
                writing.GetAwaiter().GetResult();
                writing = Task.Run(() =>
                {
                    Write(result, frame, prediction);
                    advance(1);
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
    }

    private static void Write(StageResult result, Frame frame, DensePrediction prediction)
    {
        if (prediction.Features is { } features)
            NpyWriter.Write<Half>(FeaturesOf(result, frame.Id), features.Values, features.Dimension, features.Height, features.Width);
        // The labels come last: where they are, the frame is done.
        LabelMapFile.Write(LabelsOf(result, frame.Id), prediction.Labels);
    }

    private static string LabelsOf(StageResult result, string frame) => result.PathOf(frame + LabelMapFile.Extension);

    private IReadOnlyList<Frame> Frames(string scene) => SceneFolder.LoadFrames(preprocess.Locate(scene));
}
