using System.Globalization;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>
/// Rooms: procedural indoor scenes with objects of all ScanNet-20 classes, in ScanNet's own raw layout. Shape tells the classes apart;
/// colours and textures of all classes come from one distribution. The same options give the same bytes, whatever the thread count.
/// </summary>
public static class RoomsGenerator
{
    /// <summary>Raised whenever the same options give other bytes.</summary>
    internal const int Version = 3;

    /// <summary>Validation scenes are numbered from here, so that more training scenes leave them as they are.</summary>
    private const int FirstValScene = 5000;

    /// <summary>Purposes of the seed's streams: captioned rooms share none with scenes.</summary>
    internal const long ScenePurpose = 1, CaptionPurpose = 2;

    /// <summary>Writes scenes that are not there yet, then the split files; complete scenes made from the same options are kept.</summary>
    /// <exception cref="ConfigurationException">An option is out of range.</exception>
    public static void Write(RoomsOptions options, string outFolder, Progress? progress = null, CancellationToken stop = default)
    {
        options.Validate();
        string[] train = Names(options.TrainScenes, 0), val = Names(options.ValScenes, FirstValScene);
        string[] all = [.. train, .. val];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Degree, CancellationToken = stop };
        Parallel.For(0, all.Length, parallel, i =>
        {
            int index = i < train.Length ? i : i - train.Length;
            string key = options.SceneKey(all[i], index);
            if (SceneWriter.IsComplete(outFolder, all[i], key))
            {
                progress?.Skip();
                return;
            }
            var random = new RoomRandom(options.Seed, ScenePurpose, i < train.Length ? 0 : 1, index);
            SceneWriter.Write(outFolder, SceneBuilder.Build(options, all[i], index, random), options.Sens, key);
            progress?.Advance();
        });
        AtomicFile.WriteText(Path.Combine(outFolder, "scannetv2_train.txt"), string.Concat(train.Select(name => name + "\n")));
        AtomicFile.WriteText(Path.Combine(outFolder, "scannetv2_val.txt"), string.Concat(val.Select(name => name + "\n")));
    }

    /// <summary>Writes captioned images (<c>images/000000.jpg</c>, <c>captions.jsonl</c>) of rooms that no scene uses.</summary>
    /// <exception cref="ConfigurationException">An option is out of range.</exception>
    public static void WriteCaptions(CaptionOptions options, string outFolder, Progress? progress = null, CancellationToken stop = default) =>
        CaptionImages.Write(options, outFolder, progress, stop);

    private static string[] Names(int count, int first) =>
        [.. Enumerable.Range(first, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"scene{i:0000}_00"))];
}
