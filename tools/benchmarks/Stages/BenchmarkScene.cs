using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages;
using HiCorr.Pipeline.Stages.Preprocess;

namespace HiCorr.Benchmarks.Stages;

/// <summary>A scene with the stages that work on it. Everything is made when it is first asked for.</summary>
/// <param name="title">What the table calls it.</param>
/// <param name="name">Name in its data set.</param>
/// <param name="cache">Folder of the stages' results.</param>
/// <param name="settings">Where they differ from the defaults.</param>
internal sealed class BenchmarkScene(string title, string name, string cache, params (string Key, string Value)[] settings) : IDisposable
{
    private readonly Lazy<ScenePipeline> _pipeline = new(() => new ScenePipeline(ConfigurationLoader.Load(null, null, settings), cache, dataset => dataset.Scenes("train")));

    public string Title => title;

    public string Name => name;

    public ScenePipeline Pipeline => _pipeline.Value;

    public Scene Scene => field ??= SceneFolder.Load(Pipeline.Preprocess.Get(name));

    public PointCloud Cloud => Scene.Cloud;

    public LabelPairs Pairs => field ??= LabelPairs.Load(Pipeline.Refine.Get(name), Cloud.Count);

    public DepthImage[] Depths => field ??= [.. Scene.Frames.Select(frame => frame.Images.ReadDepth())];

    /// <summary>Makes a stage's result anew; what it builds on is made once.</summary>
    public void Remake(SceneStage stage)
    {
        string folder = stage.Locate(name).Folder;
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        stage.Get(name);
    }

    public void Dispose()
    {
        if (_pipeline.IsValueCreated) _pipeline.Value.Dispose();
    }
}
