using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Datasets;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Stages.Masks;
using HiCorr.Pipeline.Stages.Oversegment;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Stages.PseudoLabel;
using HiCorr.Pipeline.Stages.Refine;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Pipeline.Stages;

/// <summary>
/// The stages of one configuration in their order: preprocess, pseudo-label, oversegment, masks, refine (per scene), then train, predict and evaluate
/// (over scenes). Model and classes are opened when a stage first asks for them, so that preprocess and oversegment need none.
/// </summary>
public sealed class ScenePipeline : IDisposable
{
    private readonly Lazy<ModelPack> _pack;
    private readonly Lazy<ClassSelection> _classes;
    private readonly Lazy<PseudoLabelStage> _pseudoLabel;
    private readonly Lazy<RefineStage> _refine;

    /// <exception cref="ConfigurationException">No root, or an unknown layout.</exception>
    /// <exception cref="InputException">The root is no folder.</exception>
    public ScenePipeline(Configuration configuration, string cacheRoot)
    {
        Configuration = configuration;
        Cache = new StageCache(cacheRoot);
        Dataset = DatasetFactory.Open(configuration);
        Preprocess = new PreprocessStage(Cache, configuration, Dataset);
        Oversegment = new OversegmentStage(Cache, configuration, Preprocess);
        Masks = new MaskStage(Cache, configuration, Preprocess);
        _pack = new(() => ModelPack.Open(configuration.Model.Path));
        _classes = new(() => ClassSelection.Resolve(configuration.Model.Classes, Pack, Dataset.Classes));
        _pseudoLabel = new(() => new PseudoLabelStage(Cache, configuration, Pack, Classes, Preprocess));
        _refine = new(() => new RefineStage(Cache, configuration, Preprocess, PseudoLabel, configuration.Refine.Sets == "masks" ? Masks : Oversegment));
    }

    public Configuration Configuration { get; }

    public StageCache Cache { get; }

    public IDataset Dataset { get; }

    public ModelPack Pack => _pack.Value;

    public ClassSelection Classes => _classes.Value;

    public PreprocessStage Preprocess { get; }

    public PseudoLabelStage PseudoLabel => _pseudoLabel.Value;

    public OversegmentStage Oversegment { get; }

    public MaskStage Masks { get; }

    public RefineStage Refine => _refine.Value;

    /// <summary>The per-scene stages that this configuration uses, in their order.</summary>
    public IReadOnlyList<SceneStage> SceneStages =>
        Configuration.Refine.Sets == "masks" ? [Preprocess, PseudoLabel, Oversegment, Masks, Refine] : [Preprocess, PseudoLabel, Oversegment, Refine];

    /// <summary>What the 3D network is trained against.</summary>
    public TextEmbeddings Text => TextEmbeddings.Normalised(Classes.Classes, Pack.EmbeddingDimension, Classes.Embeddings);

    public void Dispose()
    {
        Masks.Dispose();
        if (_pseudoLabel.IsValueCreated) _pseudoLabel.Value.Dispose();
    }
}
