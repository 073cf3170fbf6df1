using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Datasets;

/// <summary>A collection of scenes on disk.</summary>
public interface IDataset
{
    /// <summary>Name of the layout, for example "scannet".</summary>
    string Layout { get; }

    /// <summary>The classes that its ground truth speaks of; null for a recording without labels.</summary>
    ClassList? Classes { get; }

    /// <summary>Scene names of a split ("train", "val", "all") in a fixed order.</summary>
    IReadOnlyList<string> Scenes(string split);

    /// <summary>Files whose size and time of change stand for the scene's content in cache keys.</summary>
    IEnumerable<string> SourceFiles(string scene);

    /// <summary>Reads a scene; frames without a finite pose are left out and counted in the log.</summary>
    Scene Read(string scene);
}
