using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Stages.Train;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages;

/// <summary>What a run leaves in the folder that the user named: <c>config.yaml</c>, and of a training <c>network.safetensors</c>, <c>metrics.csv</c>, <c>metrics.jsonl</c>.</summary>
internal static class RunFolder
{
    /// <param name="folder">The user's.</param>
    /// <param name="configuration">Of the run.</param>
    /// <param name="training">Null for a method that trains nothing in 3D: what an earlier run left of its own is removed, since it is not this run's.</param>
    public static void Publish(string folder, Configuration configuration, StageResult? training)
    {
        AtomicFile.WriteText(Path.Combine(folder, "config.yaml"), ConfigurationLoader.ToYaml(configuration));
        foreach (string name in (string[])[TrainStage.NetworkName, "metrics.csv", "metrics.jsonl"])
        {
            if (training is null) File.Delete(Path.Combine(folder, name));
            else AtomicFile.Copy(training.PathOf(name), Path.Combine(folder, name));
        }
    }
}
