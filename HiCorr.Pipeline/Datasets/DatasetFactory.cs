using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Datasets.Rgbd;
using HiCorr.Pipeline.Datasets.ScanNet;

namespace HiCorr.Pipeline.Datasets;

/// <summary>Opens a data set by the name of its layout.</summary>
public static class DatasetFactory
{
    public static IReadOnlyList<string> Layouts { get; } = ["scannet", "rgbd"];

    /// <exception cref="ConfigurationException">No root, or an unknown layout.</exception>
    /// <exception cref="InputException">The root is no folder.</exception>
    public static IDataset Open(Configuration configuration)
    {
        DatasetConfiguration dataset = configuration.Dataset;
        if (dataset.Root.Length == 0) throw new ConfigurationException("--root", "the folder of the data set or recording is missing");
        if (!Directory.Exists(dataset.Root)) throw new InputException(dataset.Root, null, "the folder of a data set or recording", "no such folder");
        return dataset.Layout switch
        {
            "scannet" => new ScanNetDataset(dataset.Root, dataset.FrameStride),
            "rgbd" => new RgbdDataset(dataset.Root, configuration.Rgbd, dataset.FrameStride),
            string unknown => throw new ConfigurationException("--dataset", $"there is no layout '{unknown}'", Suggestion.For(unknown, Layouts)),
        };
    }
}
