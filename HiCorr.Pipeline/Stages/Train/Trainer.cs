using System.Diagnostics;
using System.Globalization;
using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Models;
using HiCorr.Native.Optim;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>
/// Trains the 3D network on the mean of the <see cref="LossTerm"/>s that count, as <see cref="LossSchedule"/> says; SGD or AdamW with cosine decay by step. A
/// checkpoint is written after every epoch and when the run is stopped; training from a checkpoint gives the bits that an undisturbed run gives.
/// </summary>
internal sealed class Trainer : IDisposable
{
    private readonly Configuration _configuration;
    private readonly IReadOnlyList<TrainingScene> _scenes;
    private readonly SegmentationNetwork _network;
    private readonly string _folder;
    private readonly string _runKey;
    private readonly CpuDevice _device;
    private readonly ClassBalance _balance;
    private readonly CosineSchedule _rate;
    private readonly LossSchedule _schedule;
    private readonly IReadOnlyList<LossTerm> _terms; // the last one writes over the features
    private readonly IOptimiser _optimiser;

    /// <param name="configuration">Of the run.</param>
    /// <param name="scenes">To learn from.</param>
    /// <param name="network">Trained in place.</param>
    /// <param name="folder">For checkpoint and metrics.</param>
    /// <param name="runKey">A checkpoint of another key is refused.</param>
    /// <exception cref="ConfigurationException">Settings that do not fit each other.</exception>
    public Trainer(Configuration configuration, IReadOnlyList<TrainingScene> scenes, SegmentationNetwork network, string folder, string runKey)
    {
        (_configuration, _scenes, _network, _folder, _runKey, _device) = (configuration, scenes, network, folder, runKey, network.Backbone.Device);
        TrainConfiguration train = configuration.Train;
        _balance = ClassBalance.Of(scenes, network.Text.Classes.Count, train.ClassBalance);
        _rate = new CosineSchedule(train.LearningRate, train.Epochs, WarmUp: train.WarmUp * train.Epochs);
        _schedule = LossSchedule.Of(configuration);
        _terms = [.. CreateTerms()];
        Parameter[] parameters = [.. network.Backbone.Parameters, .. _terms.SelectMany(term => term.SharedParameters)];
        _optimiser = train.Optimiser == "adamw" ? new AdamW(_device, parameters, weightDecay: train.WeightDecay)
            : new Sgd(_device, parameters, (float)train.Momentum, (float)train.Dampening, (float)train.WeightDecay);
    }

    public string CheckpointPath => Path.Combine(_folder, Checkpoint.FileName);

    /// <summary>Of all that is trained.</summary>
    public long ParameterCount => Networks.Sum(network => network.ParameterCount);

    private int StepsPerEpoch => (_scenes.Count + _configuration.Train.BatchScenes - 1) / _configuration.Train.BatchScenes;

    private IReadOnlyList<Network> Networks => [_network.Backbone, .. _terms.SelectMany(term => term.Networks)];

    private IReadOnlyList<IOptimiser> Optimisers => [_optimiser, .. _terms.Select(term => term.Optimiser).OfType<IOptimiser>()];

    /// <summary>Goes on from the checkpoint in the folder, if there is one, to the last epoch.</summary>
    /// <exception cref="StoppedException">Stopped; the checkpoint holds every finished step.</exception>
    /// <exception cref="NonFiniteException">The loss is NaN or infinite; the last checkpoint stays.</exception>
    public IReadOnlyList<EpochMetrics> Run(CancellationToken stop)
    {
        int epochs = _configuration.Train.Epochs;
        TrainingPosition position = File.Exists(CheckpointPath) ? Checkpoint.Read(CheckpointPath, _runKey, Networks, Optimisers) : TrainingPosition.Start;

        using var progress = new Progress("train", (long)epochs * StepsPerEpoch);
        progress.Skip((long)position.Epoch * StepsPerEpoch + position.Step);
        while (position.Epoch < epochs)
        {
            position = RunEpoch(position, progress, stop);
            if (position.Step == 0) MetricsLog.Write(_folder, position.History);
            Checkpoint.Write(CheckpointPath, _runKey, Networks, Optimisers, position);
            if (stop.IsCancellationRequested && position.Epoch < epochs)
                throw new StoppedException($"stopped in epoch {position.Epoch + 1} of {epochs}; the same command goes on from {CheckpointPath}");
        }
        return position.History;
    }

    public void Dispose()
    {
        _optimiser.Dispose();
        foreach (LossTerm term in _terms) term.Dispose();
    }

    /// <summary>Steps to the end of the epoch, or until stopped.</summary>
    private TrainingPosition RunEpoch(TrainingPosition position, Progress progress, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        int epoch = position.Epoch, step = position.Step;
        EpochLosses losses = position.Losses;
        int[] order = new CounterRandom((ulong)_configuration.Seed, "order", (ulong)epoch).Permutation(_scenes.Count);

        // The next batch is cut into voxels while the network works on this one.
        Task<TrainingBatch>? next = Task.Run(() => Build(order, epoch, step));
        try
        {
            while (next is not null && !stop.IsCancellationRequested)
            {
                using TrainingBatch batch = next.GetAwaiter().GetResult();
                int following = ++step;
                next = following < StepsPerEpoch ? Task.Run(() => Build(order, epoch, following)) : null;
                losses += Step(batch, epoch, following - 1);
                progress.Advance(1, string.Create(CultureInfo.InvariantCulture, $"epoch {epoch + 1}/{_configuration.Train.Epochs} loss {losses.MeanLabel:0.000}"));
            }
        }
        finally
        {
            next?.GetAwaiter().GetResult().Dispose();
        }

        double seconds = position.Seconds + clock.Elapsed.TotalSeconds;
        if (step < StepsPerEpoch) return position with { Step = step, Losses = losses, Seconds = seconds };
        var metrics = new EpochMetrics(epoch + 1, losses.MeanLabel, losses.MeanCorrelation, losses.MeanFeedback, losses.MeanConsistency, _rate.RateAt(epoch + 1), losses.Pairs, seconds);
        return new TrainingPosition(epoch + 1, 0, default, 0, [.. position.History, metrics]);
    }

    private TrainingBatch Build(int[] order, int epoch, int step)
    {
        int size = _configuration.Train.BatchScenes, first = step * size, last = Math.Min(first + size, order.Length);
        var chosen = new List<(int, TrainingScene)>();
        for (int i = first; i < last; i++) chosen.Add((order[i], _scenes[order[i]]));
        return TrainingBatch.Build(_device, chosen, _configuration, epoch, _balance, _schedule.HasCorrelation(epoch) ? _configuration.Correlation.Points : 0);
    }

    /// <summary>Forward, losses, backward, updates; the losses of this batch.</summary>
    private EpochLosses Step(TrainingBatch batch, int epoch, int step)
    {
        using Tensor input = batch.Input.Features(_device);
        MinkUNet14A backbone = _network.Backbone;
        Tensor output = backbone.Forward(batch.Input.Voxels, input, training: true);
        using var pass = new TrainingPass(_device, batch, epoch, step, output, backbone.HeadFeatures, _network.TextRows, _schedule.Weight(epoch));
        EpochLosses losses = default;
        foreach (LossTerm term in _terms)
            if (term.Counts(epoch)) losses += term.Step(pass);
        CheckFinite(losses.Sum, epoch);

        backbone.ClearGradients();
        backbone.Backward(pass.TotalGradient(), pass.HeadGradient);
        double elapsed = epoch + ((double)step / StepsPerEpoch);
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

    private void CheckFinite(double loss, int epoch)
    {
        if (!double.IsFinite(loss))
            throw new NonFiniteException($"the loss became {loss} in epoch {epoch + 1}; a smaller train.learning_rate (now {_configuration.Train.LearningRate}) usually helps. The last checkpoint is {CheckpointPath}");
    }
}
