using System.Text.Json;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Evaluation;
using HiCorr.Pipeline.Stages.Evaluate;
using HiCorr.Pipeline.Stages.Predict;
using HiCorr.Pipeline.Stages.Train;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages.Ablation;

/// <summary>
/// Trains and measures every row with every seed on the same data, labels, network and schedule. All of it is in the stage cache, trainings with
/// their checkpoints: the same command goes on where it was stopped. Tables are written anew after every training.
/// </summary>
/// <param name="configure">The run's configuration with further settings over it.</param>
/// <param name="cacheRoot">Shared by all rows.</param>
/// <param name="outFolder">For <c>ablation.md</c>, <c>ablation.csv</c> and <c>ablation.json</c>.</param>
public sealed class AblationRun(Func<IReadOnlyList<(string Key, string Value)>, Configuration> configure, string cacheRoot, string outFolder)
{
    private readonly List<AblationResult> _results = [];

    /// <summary>What the pseudo-labels themselves reach, projected and refined, without any training.</summary>
    private readonly Dictionary<string, SegmentationMetrics> _labels = [];

    /// <param name="rows">Their settings are checked before the first training.</param>
    /// <param name="seeds">Each row is trained with each.</param>
    /// <param name="select">Train and test scenes of a data set.</param>
    /// <param name="testSplit">What the test scenes are called.</param>
    public AblationTable Execute(IReadOnlyList<AblationRow> rows, IReadOnlyList<int> seeds, Func<ScenePipeline, (IReadOnlyList<string> Train, IReadOnlyList<string> Test)> select,
        string testSplit, CancellationToken stop)
    {
        var configurations = rows.ToDictionary(row => row.Name, row => configure(row.Settings));
        foreach (Configuration configuration in configurations.Values) LossSchedule.Of(configuration);
        AblationTable table = new(rows, _results, _labels);
        foreach (int seed in seeds)
        {
            foreach (AblationRow row in rows)
            {
                using var pipeline = new ScenePipeline(configurations[row.Name] with { Seed = seed }, cacheRoot);
                (IReadOnlyList<string> train, IReadOnlyList<string> test) = select(pipeline);
                pipeline.TrainingScenes = train;
                StageRunner.Run(pipeline.Refine, [.. train.Union(test)], stop);
                Measure(row, seed, pipeline, train, test, testSplit, stop);
                table.Save(outFolder);
            }
        }
        return table;
    }

    private void Measure(AblationRow row, int seed, ScenePipeline pipeline, IReadOnlyList<string> train, IReadOnlyList<string> test, string testSplit, CancellationToken stop)
    {
        StageResult training = new TrainStage(pipeline, train).Get(stop);
        using PredictStage predict = PredictStage.Create(pipeline, training.PathOf(TrainStage.NetworkName));
        StageRunner.Run(predict, test, stop);
        MetricsReport report = Evaluator.Measure(pipeline, test, testSplit, predict, stop);
        foreach ((string system, SegmentationMetrics metrics) in report.Systems)
        {
            if (system != Evaluator.Network)
            {
                // Refined labels of a row that does not refine are the projected ones again.
                if (system == Evaluator.Projected || pipeline.Configuration.Refine.Scope == "view") _labels[system] = metrics;
                continue;
            }
            using JsonDocument done = JsonDocument.Parse(training.ReadDone());
            JsonElement made = done.RootElement;
            _results.Add(new AblationResult(row.Name, seed, metrics, made.GetProperty("seconds").GetDouble(), made.GetProperty("networkParameters").GetInt64(),
                made.GetProperty("trainingParameters").GetInt64()));
        }
    }
}
