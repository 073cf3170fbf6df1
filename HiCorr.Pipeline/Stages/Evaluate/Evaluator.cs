using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Evaluation;
using HiCorr.Pipeline.Evaluation.Noise;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Oversegment;
using HiCorr.Pipeline.Stages.Predict;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Stages.Evaluate;

/// <summary>Measures projected labels, refined labels and the configuration's prediction on the same points (method 9).</summary>
public static class Evaluator
{
    public const string Projected = "projected labels", Refined = "refined labels", Network = "3D network", Fused = "fused features", Ensemble = "2D-3D ensemble";

    /// <summary>The name of the configuration's prediction among the report's systems.</summary>
    public static string SystemOf(Configuration configuration) => configuration.Predict.Source switch
    {
        "projected" => Projected,
        "fused" => Fused,
        "ensemble" => Ensemble,
        _ => Network,
    };

    /// <summary>True where the data set has ground truth and at least one of the run's classes occurs in it.</summary>
    public static bool CanMeasure(ScenePipeline pipeline) =>
        pipeline.Dataset.Classes is { } truth && pipeline.Classes.Classes.Names.Any(name => truth.IndexOf(name) >= 0);

    /// <summary>That there is ground truth to measure on, before any work.</summary>
    /// <exception cref="InputException">The data set has none.</exception>
    /// <exception cref="ConfigurationException">None of the run's classes is in it.</exception>
    public static void CheckTruth(ScenePipeline pipeline) => TruthOf(pipeline);

    /// <param name="pipeline">Where the scenes' stage results come from; refine, and predict where given, have run.</param>
    /// <param name="scenes">Scenes with ground truth; others are an error.</param>
    /// <param name="split">What the report calls them.</param>
    /// <param name="predict">Null to measure the pseudo-labels alone.</param>
    /// <exception cref="InputException">A scene has no ground truth.</exception>
    /// <exception cref="ConfigurationException">None of the run's classes is in the ground truth.</exception>
    public static MetricsReport Measure(ScenePipeline pipeline, IReadOnlyList<string> scenes, string split, PredictStage? predict, CancellationToken stop)
    {
        (ClassList truthClasses, ClassMapping mapping) = TruthOf(pipeline);
        var report = new MetricsReport(truthClasses, split, pipeline.Configuration.Evaluate.Compat == "clip2scene", mapping);
        string system = SystemOf(pipeline.Configuration);
        using var progress = new Progress("evaluate", scenes.Count);
        foreach (string name in scenes)
        {
            stop.ThrowIfCancellationRequested();
            byte[] truth = TruthOf(pipeline, name);
            LabelPairs pairs = LabelPairs.Load(pipeline.Refine.Get(name), truth.Length);
            var systems = new List<(string, byte[])>
            {
                (Projected, mapping.Apply(ViewVote.Compute(pairs.Points, pairs.Raw, truth.Length).Labels)),
                (Refined, mapping.Apply(ViewVote.Compute(pairs.Points, pairs.Refined, truth.Length).Labels)),
            };
            // MaskCLIP's prediction is there already: it is the projected labels.
            if (predict is not null && system != Projected) systems.Add((system, mapping.Apply(PredictStage.Read(predict.Get(name), truth.Length).Labels)));
            report.AddScene(truth, [.. systems]);
            progress.Advance();
        }
        return report;
    }

    /// <summary>The noise of the pseudo-labels themselves.</summary>
    /// <param name="pipeline">Where the scenes' stage results come from; refine has run.</param>
    /// <param name="scenes">Scenes with ground truth; others are an error.</param>
    /// <param name="stop">Ends the work between two scenes.</param>
    /// <exception cref="InputException">A scene has no ground truth.</exception>
    /// <exception cref="ConfigurationException">None of the run's classes is in the ground truth.</exception>
    public static LabelNoise MeasureNoise(ScenePipeline pipeline, IReadOnlyList<string> scenes, CancellationToken stop)
    {
        (ClassList truthClasses, ClassMapping mapping) = TruthOf(pipeline);
        var noise = new LabelNoise(truthClasses, mapping);
        using var progress = new Progress("label-noise", scenes.Count);
        foreach (string name in scenes)
        {
            stop.ThrowIfCancellationRequested();
            byte[] truth = TruthOf(pipeline, name);
            noise.AddScene(truth, LabelPairs.Load(pipeline.Refine.Get(name), truth.Length), OversegmentStage.Load(pipeline.Oversegment.Get(name), truth.Length));
            progress.Advance();
        }
        return noise;
    }

    private static (ClassList Classes, ClassMapping Mapping) TruthOf(ScenePipeline pipeline)
    {
        ClassList truthClasses = pipeline.Dataset.Classes
            ?? throw new InputException(pipeline.Configuration.Dataset.Root, null, "scenes with ground truth", $"a recording in the layout '{pipeline.Dataset.Layout}', which has none");
        if (!CanMeasure(pipeline))
            throw new ConfigurationException("model.classes", "none of the run's classes is in the ground truth", $"Its classes: {string.Join(", ", truthClasses.Names)}");
        return (truthClasses, new ClassMapping(pipeline.Classes.Classes, truthClasses));
    }

    private static byte[] TruthOf(ScenePipeline pipeline, string scene) =>
        SceneFolder.LoadGroundTruth(pipeline.Preprocess.Get(scene)) ?? throw new InputException(scene, null, "ground truth labels", "none", "Only labelled scenes can be measured; predict needs none");
}
