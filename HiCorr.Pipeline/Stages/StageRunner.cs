using System.Runtime.ExceptionServices;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Stages;

/// <summary>Runs a stage over many scenes with a progress bar; results in the cache are reused.</summary>
public static class StageRunner
{
    /// <returns>How many scenes were made now; the others were in the cache.</returns>
    public static int Run(SceneStage stage, IReadOnlyList<string> scenes, CancellationToken stop)
    {
        foreach (SceneStage upstream in stage.Upstream) Run(upstream, scenes, stop);
        string[] missing = [.. scenes.Where(scene => !stage.Locate(scene).IsComplete)];
        if (missing.Length == 0) return 0;

        stage.Prepare(stop);
        using var progress = new Progress(stage.Name, missing.Sum(stage.Steps));
        var options = new ParallelOptions
        {
            CancellationToken = stop,
            MaxDegreeOfParallelism = stage.RunsScenesInParallel ? Environment.ProcessorCount : 1,
        };
        try
        {
            Parallel.ForEach(missing, options, scene => stage.Get(scene, steps => progress.Advance(steps), stop));
        }
        catch (AggregateException errors)
        {
            // The first error is the user's; the rest are mostly the same one seen from other scenes.
            ExceptionDispatchInfo.Throw(errors.Flatten().InnerExceptions[0]);
        }
        return missing.Length;
    }
}
