using System.Text.Json;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Evaluation;
using HiCorr.Pipeline.Stages.Evaluate;
using HiCorr.Pipeline.Stages.Predict;
using HiCorr.Pipeline.Stages.Train;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages.Comparison;

/// <summary>
/// Trains and measures every row with every seed on the same data, model, network and schedule. All of it is in the stage cache, trainings with
/// their checkpoints: the same command goes on where it was stopped. Tables are written anew after every row.
/// </summary>
/// <param name="configure">The run's configuration with a row's method and settings.</param>
/// <param name="cacheRoot">Shared by all rows.</param>
/// <param name="outFolder">For the table's files.</param>
public sealed class ComparisonRun(Func<ComparisonRow, Configuration> configure, string cacheRoot, string outFolder)
{
    /// <param name="table">Its rows are run, and filled in.</param>
    /// <param name="seeds">Each row is trained with each.</param>
    /// <param name="select">Train and test scenes of a data set.</param>
    /// <param name="testSplit">What the test scenes are called.</param>
    /// <param name="stop">Ends the run after what it is at.</param>
    /// <exception cref="ConfigurationException">A row's settings contradict each other: said before the first training.</exception>
    public void Execute(ComparisonTable table, IReadOnlyList<int> seeds, Func<ScenePipeline, (IReadOnlyList<string> Train, IReadOnlyList<string> Test)> select,
        string testSplit, CancellationToken stop)
    {
        var configurations = table.Rows.ToDictionary(row => row.Name, configure);
        foreach (Configuration configuration in configurations.Values) LossSchedule.Of(configuration);
        foreach (int seed in seeds)
        {
            foreach (ComparisonRow row in table.Rows)
            {
                using var pipeline = new ScenePipeline(configurations[row.Name] with { Seed = seed }, cacheRoot);
                (IReadOnlyList<string> train, IReadOnlyList<string> test) = select(pipeline);
                StageRunner.Run(pipeline.Refine, [.. train.Union(test)], stop);
                Measure(table, row, seed, pipeline, train, test, testSplit, stop);
                table.Save(outFolder);
            }
        }
    }

    private static void Measure(ComparisonTable table, ComparisonRow row, int seed, ScenePipeline pipeline, IReadOnlyList<string> train, IReadOnlyList<string> test, string testSplit,
        CancellationToken stop)
    {
        StageResult training = new TrainStage(pipeline, train).Get(stop);
        using var predict = new PredictStage(pipeline.Cache, pipeline.Preprocess, training.PathOf(TrainStage.NetworkName));
        StageRunner.Run(predict, test, stop);
        MetricsReport report = Evaluator.Measure(pipeline, test, testSplit, predict, stop);
        foreach ((string system, SegmentationMetrics metrics) in report.Systems)
        {
            if (system == Evaluator.Network) table.Add(new ComparisonResult(row.Name, seed, system, metrics, CostOf(training)), report.Classes);
            // Refined labels of a row that does not refine are the projected ones again.
            else if (system == Evaluator.Projected || pipeline.Configuration.Refine.Scope == "view") table.SetLabels(system, metrics);
        }
    }

    private static TrainingCost CostOf(StageResult training)
    {
        using JsonDocument done = JsonDocument.Parse(training.ReadDone());
        JsonElement made = done.RootElement;
        return new TrainingCost(made.GetProperty("seconds").GetDouble(), made.GetProperty("networkParameters").GetInt64(), made.GetProperty("trainingParameters").GetInt64());
    }
}
