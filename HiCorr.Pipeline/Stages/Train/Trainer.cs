using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Models;
using HiCorr.Native.Optim;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Networks;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>
/// Trains the 3D network on the mean or sum of the <see cref="LossTerm"/>s that count, as <see cref="LossSchedule"/> says; SGD or AdamW with cosine decay by step.
/// Stopped and resumed as <see cref="TrainingLoop{TBatch}"/> says.
/// </summary>
internal sealed class Trainer : IDisposable
{
    private readonly Configuration _configuration;
    private readonly IReadOnlyList<TrainingScene> _scenes;
    private readonly SegmentationNetwork _network;
    private readonly Device _device;
    private readonly ClassBalance _balance;
    private readonly CosineSchedule _rate;
    private readonly LossSchedule _schedule;
    private readonly IReadOnlyList<LossTerm> _terms; // the last one writes over the features
    private readonly IOptimiser _optimiser;
    private readonly LossScale? _scale;
    private readonly IReadOnlyList<Parameter> _parameters; // all that is trained
    private readonly TrainingLoop<TrainingBatch> _loop;

    /// <param name="configuration">Of the run.</param>
    /// <param name="scenes">To learn from.</param>
    /// <param name="network">Trained in place.</param>
    /// <param name="folder">For checkpoint and metrics.</param>
    /// <param name="runKey">A checkpoint of another key is refused.</param>
    /// <exception cref="ConfigurationException">Settings that do not fit each other.</exception>
    public Trainer(Configuration configuration, IReadOnlyList<TrainingScene> scenes, SegmentationNetwork network, string folder, string runKey)
    {
        (_configuration, _scenes, _network, _device) = (configuration, scenes, network, network.Backbone.Device);
        TrainConfiguration train = configuration.Train;
        _balance = ClassBalance.Of(scenes, network.Text.Classes.Count, train.ClassBalance);
        _rate = NetworkOptimiser.Schedule(train, train.Epochs);
        _schedule = LossSchedule.Of(configuration);
        _terms = [.. CreateTerms()];
        _optimiser = NetworkOptimiser.Create(_device, [.. network.Backbone.Parameters, .. _terms.SelectMany(term => term.SharedParameters)], train);
        _scale = LossScale.For(_device);
        _parameters = [.. Networks.SelectMany(trained => trained.Parameters)];
        _loop = new TrainingLoop<TrainingBatch>("train", folder, runKey, Networks, [_optimiser, .. _terms.Select(term => term.Optimiser).OfType<IOptimiser>(), .. _scale is null ? [] : new IOptimiserState[] { _scale }])
        {
            Epochs = train.Epochs,
            StepsPerEpoch = (scenes.Count + train.BatchScenes - 1) / train.BatchScenes,
            Build = Build,
            Step = Step,
            Forward = train.PreciseBatchNorm ? Forward : null,
            Measure = (epoch, losses, seconds) => new EpochMetrics(epoch + 1, losses.MeanLabel, losses.MeanCorrelation, losses.MeanFeedback, losses.MeanConsistency,
                _rate.RateAt(epoch + 1), losses.Pairs, seconds),
        };
    }

    /// <summary>Of all that is trained.</summary>
    public long ParameterCount => Networks.Sum(network => network.ParameterCount);

    /// <summary>All that is trained.</summary>
    internal IReadOnlyList<Network> Networks => [_network.Backbone, .. _terms.SelectMany(term => term.Networks)];

    /// <inheritdoc cref="TrainingLoop{TBatch}.Run"/>
    public IReadOnlyList<EpochMetrics> Run(CancellationToken stop) => _loop.Run(stop);

    public void Dispose()
    {
        _optimiser.Dispose();
        _scale?.Dispose();
        foreach (LossTerm term in _terms) term.Dispose();
    }

    private TrainingBatch Build(int epoch, int step)
    {
        // Drawn anew for every step, so that a batch is a function of (epoch, step).
        int[] order = new CounterRandom((ulong)_configuration.Seed, "order", (ulong)epoch).Permutation(_scenes.Count);
        int size = _configuration.Train.BatchScenes, first = step * size, last = Math.Min(first + size, order.Length);
        var chosen = new List<(int, TrainingScene)>();
        for (int i = first; i < last; i++) chosen.Add((order[i], _scenes[order[i]]));
        return TrainingBatch.Build(_device, chosen, _configuration, epoch, _balance, _schedule.HasCorrelation(epoch) ? _configuration.Correlation.Points : 0,
            _schedule.HasCotraining(epoch));
    }

    private void Forward(TrainingBatch batch)
    {
        using Tensor input = batch.Input.Features(_device);
        _network.Backbone.Forward(batch.Input.Voxels, input, training: true).Dispose();
    }

    /// <summary>Forward, losses, backward, updates; the losses of this batch.</summary>
    private EpochLosses Step(TrainingBatch batch, int epoch, int step)
    {
        using TensorStep memory = _device.Memory.BeginStep();
        using Tensor input = batch.Input.Features(_device);
        MinkUNet14A backbone = _network.Backbone;
        Tensor output = backbone.Forward(batch.Input.Voxels, input, training: true);
        using var pass = new TrainingPass(_device, batch, epoch, step, output, backbone.HeadFeatures, _network.TextRows, _schedule.Weight(epoch) * (_scale?.Value ?? 1));
        EpochLosses losses = default;
        foreach (LossTerm term in _terms)
            if (term.Counts(epoch)) losses += term.Step(pass);
        _loop.CheckFinite(losses.Sum, epoch, _configuration.Train);

        backbone.ClearGradients();
        backbone.Backward(pass.TotalGradient(), pass.HeadGradient);
        if (!_loop.Unscale(_scale, _parameters, epoch)) return losses;
        double elapsed = _loop.Elapsed(epoch, step);
        _optimiser.Step(_rate.RateAt(elapsed));
        foreach (LossTerm term in _terms)
            if (term.Counts(epoch)) term.Update(elapsed);
        return losses;
    }

    private IEnumerable<LossTerm> CreateTerms()
    {
        ulong seed = (ulong)_configuration.Seed;
        if (_schedule.Correlation is not null) yield return new CorrelationLoss(_device, _configuration, _schedule, _network.Text.Dimension);
        if (_schedule.Consistency) yield return new ConsistencyLoss(_device, _network.Backbone.FeatureChannels, _network.Text.Dimension, seed);
        if (_configuration.Distillation.Enabled) yield return new DistillationLoss();
        else yield return new LabelLoss(_schedule.SelfTraining is { } start ? new SelfTraining(seed, start, _configuration.SelfTraining.Probability) : null);
    }
}
