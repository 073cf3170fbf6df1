using System.Text.Json;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Datasets;
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
    /// <param name="seeds">Each row that trains a network is trained with each; the others have nothing to draw, and are measured once.</param>
    /// <param name="trainingScenes">Scenes of a data set to learn from.</param>
    /// <param name="testScenes">Scenes with ground truth to measure on.</param>
    /// <param name="testSplit">What the test scenes are called.</param>
    /// <param name="stop">Ends the run after what it is at.</param>
    /// <exception cref="ConfigurationException">A row's settings contradict each other: said before the first training.</exception>
    public void Execute(ComparisonTable table, IReadOnlyList<int> seeds, Func<IDataset, IReadOnlyList<string>> trainingScenes,
        Func<IDataset, IReadOnlyList<string>> testScenes, string testSplit, CancellationToken stop)
    {
        var configurations = table.Rows.ToDictionary(row => row.Name, configure);
        foreach (Configuration configuration in configurations.Values)
        {
            using var pipeline = new ScenePipeline(configuration, cacheRoot, trainingScenes);
            pipeline.CheckConfiguration();
            Evaluator.CheckTruth(pipeline);
        }
        for (int s = 0; s < seeds.Count; s++)
        {
            foreach (ComparisonRow row in table.Rows)
            {
                Configuration configuration = configurations[row.Name] with { Seed = seeds[s] };
                if (s > 0 && !configuration.Predict.NeedsNetwork && configuration.Projection.Labels == "pack") continue; // no seed has a part in it
                using var pipeline = new ScenePipeline(configuration, cacheRoot, trainingScenes);
                IReadOnlyList<string> test = testScenes(pipeline.Dataset);
                StageResult? training = configuration.Predict.NeedsNetwork ? Train(pipeline, stop) : null;
                StageRunner.Run(pipeline.Refine, test, stop);
                using PredictStage predict = PredictStage.Create(pipeline, training?.PathOf(TrainStage.NetworkName));
                StageRunner.Run(predict, test, stop);
                Enter(table, row, configuration, CostOf(training, pipeline.UsesFlatLabels ? pipeline.Flat.Locate() : null), Evaluator.Measure(pipeline, test, testSplit, predict, stop));
                table.Save(outFolder);
            }
        }
    }

    private static StageResult Train(ScenePipeline pipeline, CancellationToken stop)
    {
        StageRunner.Run(pipeline.Refine, pipeline.TrainingScenes, stop);
        if (pipeline.Configuration.Distillation.Enabled) StageRunner.Run(pipeline.Fuse, pipeline.TrainingScenes, stop);
        return new TrainStage(pipeline).Get(stop);
    }

    private static void Enter(ComparisonTable table, ComparisonRow row, Configuration configuration, TrainingCost? cost, MetricsReport report)
    {
        string predicts = Evaluator.SystemOf(configuration);
        foreach ((string system, SegmentationMetrics metrics) in report.Systems)
        {
            if (system == predicts) table.Add(new ComparisonResult(row.Name, configuration.Seed, system, metrics, cost), report.Classes);
            // The labels that all rows share are those that HICL learns from: other rows project those of a 2D network, vote elsewhere or not at all.
            if ((system == Evaluator.Projected && configuration.Projection.Labels == "pack")
                || (system == Evaluator.Refined && row.Method == MethodRows.Own && configuration.Refine is { Sets: "segments", Scope: "view" })) table.SetLabels(system, metrics);
        }
    }

    /// <param name="training">Of the 3D network; null without one.</param>
    /// <param name="flat">Of the 2D network; null without one.</param>
    private static TrainingCost? CostOf(StageResult? training, StageResult? flat)
    {
        (double Seconds, long Network, long Training)? of3D = Read(training), of2D = Read(flat);
        return of3D is null && of2D is null ? null : new TrainingCost((of3D?.Seconds ?? 0) + (of2D?.Seconds ?? 0), (of3D ?? of2D)!.Value.Network, (of3D?.Training ?? 0) + (of2D?.Training ?? 0));
    }

    private static (double Seconds, long Network, long Training)? Read(StageResult? training)
    {
        if (training is null) return null;
        using JsonDocument done = JsonDocument.Parse(training.ReadDone());
        JsonElement made = done.RootElement;
        long network = made.GetProperty("networkParameters").GetInt64();
        // A 2D network is trained alone.
        return (made.GetProperty("seconds").GetDouble(), network, made.TryGetProperty("trainingParameters", out JsonElement all) ? all.GetInt64() : network);
    }
}
