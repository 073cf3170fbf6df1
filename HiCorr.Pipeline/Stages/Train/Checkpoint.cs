using System.Text.Json;
using HiCorr.Native.Layers;
using HiCorr.Native.Optim;
using HiCorr.Pipeline.Formats.Safetensors;
using HiCorr.Pipeline.Networks;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>Where a training stands between two steps. Random numbers are functions of (seed, epoch, scene), so nothing else has to be kept.</summary>
/// <param name="Epoch">Finished epochs.</param>
/// <param name="Step">Finished steps of the epoch after them.</param>
/// <param name="Losses">Over those steps.</param>
/// <param name="Seconds">Time spent on those steps.</param>
/// <param name="History">One entry a finished epoch.</param>
internal sealed record TrainingPosition(int Epoch, int Step, EpochLosses Losses, double Seconds, IReadOnlyList<EpochMetrics> History)
{
    public static TrainingPosition Start { get; } = new(0, 0, default, 0, []);
}

/// <summary>checkpoint.safetensors: networks, optimisers and position. Written whole or not at all.</summary>
internal static class Checkpoint
{
    public const string FileName = "checkpoint.safetensors";

    private const string PositionKey = "position", RunKey = "run";

    public static void Write(string path, string runKey, IReadOnlyList<Network> networks, IReadOnlyList<IOptimiserState> optimisers, TrainingPosition position) =>
        SafetensorsFile.Write(path, [.. networks.SelectMany(NetworkState.Of), .. optimisers.SelectMany(NetworkState.Of)],
            new Dictionary<string, string> { [RunKey] = runKey, [PositionKey] = JsonSerializer.Serialize(position) });

    /// <exception cref="ArtefactException">Damaged, or of another run.</exception>
    public static TrainingPosition Read(string path, string runKey, IReadOnlyList<Network> networks, IReadOnlyList<IOptimiserState> optimisers)
    {
        SafetensorsFile file = SafetensorsFile.Read(path);
        if (file.MetadataValue(RunKey) != runKey)
            throw new ArtefactException(path, "__metadata__.run", $"a checkpoint of run {runKey}", file.MetadataValue(RunKey), "It belongs to other data or another configuration");
        foreach (Network network in networks) NetworkState.Restore(file, network);
        foreach (IOptimiserState optimiser in optimisers) NetworkState.Restore(file, optimiser);
        try
        {
            return JsonSerializer.Deserialize<TrainingPosition>(file.MetadataValue(PositionKey)) ?? throw new JsonException("null");
        }
        catch (JsonException error)
        {
            throw new ArtefactException(path, "__metadata__.position", "a training position", error.Message, inner: error);
        }
    }
}
