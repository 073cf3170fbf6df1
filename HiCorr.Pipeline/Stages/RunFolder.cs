using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Stages.Train;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages;

/// <summary>What a training leaves in the folder that the user named: <c>config.yaml</c>, <c>network.safetensors</c>, <c>metrics.csv</c>, <c>metrics.jsonl</c>.</summary>
internal static class RunFolder
{
    public static void Publish(string folder, Configuration configuration, StageResult training)
    {
        AtomicFile.WriteText(Path.Combine(folder, "config.yaml"), ConfigurationLoader.ToYaml(configuration));
        foreach (string name in (string[])[TrainStage.NetworkName, "metrics.csv", "metrics.jsonl"]) AtomicFile.Copy(training.PathOf(name), Path.Combine(folder, name));
    }
}
