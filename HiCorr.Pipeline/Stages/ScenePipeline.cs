using HiCorr.Pipeline.Compute;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Datasets;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Stages.Flat;
using HiCorr.Pipeline.Stages.Fuse;
using HiCorr.Pipeline.Stages.Masks;
using HiCorr.Pipeline.Stages.Oversegment;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Stages.PseudoLabel;
using HiCorr.Pipeline.Stages.Refine;
using HiCorr.Pipeline.Stages.Train;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Pipeline.Stages;

/// <summary>
/// The stages of one configuration in their order: preprocess, pseudo-label, oversegment, masks and flat-label where they are needed, refine, fuse where
/// it is needed (per scene), then train, predict and evaluate (over scenes). Model and classes are opened when a stage first asks for them, so that preprocess and oversegment need none.
/// </summary>
public sealed class ScenePipeline : IDisposable
{
    private readonly Lazy<ModelPack> _pack;
    private readonly Lazy<ClassSelection> _classes;
    private readonly Lazy<PseudoLabelStage> _pseudoLabel;
    private readonly Lazy<RefineStage> _refine;
    private readonly Lazy<FuseStage> _fuse;
    private readonly Lazy<IReadOnlyList<string>> _trainingScenes;

    /// <param name="configuration">Of the run.</param>
    /// <param name="cacheRoot">Folder of the stages' results.</param>
    /// <param name="trainingScenes">Scenes of the data set that networks learn from, the 2D one and the 3D one; asked when a network is.</param>
    /// <exception cref="ConfigurationException">No root, or an unknown layout.</exception>
    /// <exception cref="InputException">The root is no folder.</exception>
    public ScenePipeline(Configuration configuration, string cacheRoot, Func<IDataset, IReadOnlyList<string>> trainingScenes)
    {
        Configuration = configuration;
        Compute = new ComputeDevice(configuration.Compute);
        Cache = new StageCache(cacheRoot);
        Dataset = DatasetFactory.Open(configuration);
        _trainingScenes = new(() => trainingScenes(Dataset));
        Preprocess = new PreprocessStage(Cache, configuration, Dataset);
        Oversegment = new OversegmentStage(Cache, configuration, Preprocess);
        Masks = new MaskStage(Cache, configuration, Preprocess);
        _pack = new(() => ModelPack.Open(configuration.Model.Path));
        _classes = new(() => ClassSelection.Resolve(configuration.Model.Classes, Pack, Dataset.Classes, configuration.Model.Templates, Cache));
        _pseudoLabel = new(() => new PseudoLabelStage(Cache, configuration, Pack, Classes, Preprocess));
        Flat = new FlatTrainStage(this);
        FlatLabel = new FlatLabelStage(Cache, configuration, Compute, Flat, Preprocess);
        _refine = new(() => new RefineStage(Cache, configuration, Preprocess, configuration.Projection.Labels == "flat" ? FlatLabel : PseudoLabel,
            configuration.Refine.Sets == "masks" ? Masks : Oversegment, configuration.Cotraining.Enabled ? FlatLabel : null));
        _fuse = new(() => new FuseStage(Cache, configuration, Pack, Preprocess, PseudoLabel));
    }

    /// <summary>Whether a 2D network is trained.</summary>
    public bool UsesFlatLabels => Configuration.Projection.Labels == "flat" || Configuration.Cotraining.Enabled;

    public Configuration Configuration { get; }

    /// <summary>What networks run on.</summary>
    public ComputeDevice Compute { get; }

    public StageCache Cache { get; }

    public IDataset Dataset { get; }

    public ModelPack Pack => _pack.Value;

    public ClassSelection Classes => _classes.Value;

    public PreprocessStage Preprocess { get; }

    public PseudoLabelStage PseudoLabel => _pseudoLabel.Value;

    public OversegmentStage Oversegment { get; }

    public MaskStage Masks { get; }

    public RefineStage Refine => _refine.Value;

    /// <summary>Scenes that networks learn from.</summary>
    public IReadOnlyList<string> TrainingScenes => _trainingScenes.Value;

    /// <summary>The training of the 2D network.</summary>
    public FlatTrainStage Flat { get; }

    /// <summary>What that network makes of the images.</summary>
    public FlatLabelStage FlatLabel { get; }

    /// <summary>The per-scene stages that this configuration uses, in their order.</summary>
    public IReadOnlyList<SceneStage> SceneStages
    {
        get
        {
            var stages = new List<SceneStage> { Preprocess, PseudoLabel, Oversegment };
            if (Configuration.Refine.Sets == "masks") stages.Add(Masks);
            if (UsesFlatLabels) stages.Add(FlatLabel);
            stages.Add(Refine);
            return stages;
        }
    }

    /// <exception cref="ConfigurationException">The configuration does not keep the images' features.</exception>
    public FuseStage Fuse => _fuse.Value;

    /// <summary>How features of images, fused or distilled, become scores.</summary>
    public CosineScoring Scoring => CosineScoring.Of(Pack, Classes);

    /// <summary>What the 3D network is trained against.</summary>
    public TextEmbeddings Text => TextEmbeddings.Normalised(Classes.Classes, Pack.EmbeddingDimension, Classes.Embeddings);

    /// <summary>What a whole run would otherwise find out after hours of labelling.</summary>
    /// <exception cref="ConfigurationException">Settings that do not fit each other.</exception>
    /// <exception cref="DeviceException">A GPU is insisted on, and there is none that works.</exception>
    public void CheckConfiguration()
    {
        if (Configuration.Refine.Sets == "masks" || (UsesFlatLabels && Configuration.Flat.Labels == "masks")) Masks.CheckModel();
        _ = Refine; // its settings are looked at where it is made
        if (Configuration.Predict.NeedsNetwork) LossSchedule.Of(Configuration);
        if (Configuration.Predict.NeedsNetwork || UsesFlatLabels) _ = Compute.Device;
        if (Configuration.Predict.NeedsFusion) FrameFeatures.Require(Configuration, "the fusion of views");
        if (Configuration.Predict.Source == "ensemble" && !Configuration.Distillation.Enabled)
            throw new ConfigurationException("predict.source", "is 'ensemble', but distillation.enabled is false: features of a network that labels teach cannot be compared with those of images", "Set distillation.enabled=true, or predict.source to network or fused");
    }

    public void Dispose()
    {
        Masks.Dispose();
        FlatLabel.Dispose();
        if (_pseudoLabel.IsValueCreated) _pseudoLabel.Value.Dispose();
        Compute.Dispose();
    }
}
