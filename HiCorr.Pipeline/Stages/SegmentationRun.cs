using System.Diagnostics;
using System.Text.Json;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Evaluation;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Evaluate;
using HiCorr.Pipeline.Stages.Predict;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Stages.Train;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Stages;

/// <summary>How long a stage took and what it found in the cache.</summary>
public sealed record StageTiming(string Stage, int Scenes, int Made, double Seconds);

/// <summary>
/// The whole way from a data set to segmented clouds: every stage, training on one split, prediction on another, and the comparison with the
/// ground truth where there is one.
/// </summary>
public sealed class SegmentationRun(ScenePipeline pipeline, string outFolder)
{
    private readonly List<StageTiming> _timings = [];

    public IReadOnlyList<StageTiming> Timings => _timings;

    /// <summary>Measured on the segmented scenes that have ground truth; null where none has.</summary>
    public MetricsReport? Metrics { get; private set; }

    /// <summary>What the labels became, for recordings without ground truth too.</summary>
    public LabelSummary? Labels { get; private set; }

    /// <summary>What reports call the prediction.</summary>
    public string System => Evaluator.SystemOf(pipeline.Configuration);

    public string CloudFolder => Path.Combine(outFolder, "clouds");

    /// <param name="test">Scenes to segment.</param>
    /// <param name="testSplit">What the metrics call them.</param>
    /// <param name="stop">Ends the run after what it is at.</param>
    public void Execute(IReadOnlyList<string> test, string testSplit, CancellationToken stop)
    {
        pipeline.CheckConfiguration();
        PredictConfiguration source = pipeline.Configuration.Predict;
        // A method that trains nothing in 3D has nothing to read from the training scenes.
        IReadOnlyList<string> train = source.NeedsNetwork ? pipeline.TrainingScenes : [];
        string[] all = [.. train.Union(test)];
        foreach (SceneStage stage in pipeline.SceneStages)
            Time(stage.Name, all.Length, () => StageRunner.Run(stage, all, stop));
        string[] fused = [.. (pipeline.Configuration.Distillation.Enabled ? train : []).Union(source.NeedsFusion ? test : [])];
        if (fused.Length > 0) Time(pipeline.Fuse.Name, fused.Length, () => StageRunner.Run(pipeline.Fuse, fused, stop));

        StageResult? network = null;
        if (source.NeedsNetwork)
        {
            var training = new TrainStage(pipeline);
            Time("train", train.Count, () =>
            {
                bool cached = training.Locate().IsComplete;
                network = training.Get(stop);
                return cached ? 0 : train.Count;
            });
        }
        RunFolder.Publish(outFolder, pipeline.Configuration, network);

        using PredictStage predict = PredictStage.Create(pipeline, network?.PathOf(TrainStage.NetworkName));
        Time(predict.Name, test.Count, () => StageRunner.Run(predict, test, stop));
        Time("clouds", test.Count, () => WriteClouds(test, predict, stop));
        string metrics = Path.Combine(outFolder, "metrics.json");
        string[] measured = Evaluator.CanMeasure(pipeline) ? [.. test.Where(name => SceneFolder.HasGroundTruth(pipeline.Preprocess.Locate(name)))] : [];
        if (measured.Length > 0)
        {
            if (measured.Length < test.Count) Log.Warn("{0} of {1} scenes have no ground truth and are not measured", test.Count - measured.Length, test.Count);
            Time("evaluate", measured.Length, () =>
            {
                Metrics = Evaluator.Measure(pipeline, measured, testSplit, predict, stop);
                return measured.Length;
            });
            Metrics!.Save(metrics);
        }
        else File.Delete(metrics); // of an earlier run
        AtomicFile.WriteText(Path.Combine(outFolder, "summary.json"),
            JsonSerializer.Serialize(new { schemaVersion = 1, stages = _timings, labels = Labels }, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true }));
    }

    private int WriteClouds(IReadOnlyList<string> scenes, PredictStage predict, CancellationToken stop)
    {
        using var progress = new Progress("clouds", scenes.Count);
        var summary = new LabelSummary(pipeline.Classes.Classes, System);
        int written = 0;
        foreach (string name in scenes)
        {
            stop.ThrowIfCancellationRequested();
            Scene scene = SceneFolder.Load(pipeline.Preprocess.Get(name));
            Prediction prediction = PredictStage.Read(predict.Get(name), scene.Cloud.Count);
            LabelPairs pairs = LabelPairs.Load(pipeline.Refine.Get(name), scene.Cloud.Count);
            summary.Add(pairs, prediction);
            // The clouds of a scene are a function of its prediction's key: nothing to write where that one was published last.
            string stamp = Path.Combine(CloudFolder, $".{name}.key"), key = predict.Locate(name).Key + pipeline.Refine.Locate(name).Key;
            if (!File.Exists(stamp) || File.ReadAllText(stamp) != key)
            {
                SceneClouds.Write(CloudFolder, scene, prediction, pairs, pipeline.Classes.Classes, pipeline.Dataset.Classes, System);
                AtomicFile.WriteText(stamp, key);
                written++;
            }
            progress.Advance();
        }
        Labels = summary;
        return written;
    }

    private void Time(string stage, int scenes, Func<int> run)
    {
        var clock = Stopwatch.StartNew();
        int made = run();
        _timings.Add(new StageTiming(stage, scenes, made, Math.Round(clock.Elapsed.TotalSeconds, 2)));
    }
}
