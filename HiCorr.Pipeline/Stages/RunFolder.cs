using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Stages.Train;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages;

/// <summary>What a run leaves in the folder that the user named: <c>config.yaml</c>, and of a training <c>network.safetensors</c>, <c>metrics.csv</c>, <c>metrics.jsonl</c>.</summary>
internal static class RunFolder
{
    public static void Publish(string folder, Configuration configuration, StageResult? training)
    {
        AtomicFile.WriteText(Path.Combine(folder, "config.yaml"), ConfigurationLoader.ToYaml(configuration));
        if (training is null) return;
        foreach (string name in (string[])[TrainStage.NetworkName, "metrics.csv", "metrics.jsonl"]) AtomicFile.Copy(training.PathOf(name), Path.Combine(folder, name));
    }
}
