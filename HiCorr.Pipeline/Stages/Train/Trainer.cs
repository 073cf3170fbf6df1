using System.Diagnostics;
using System.Globalization;
using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Optim;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Telemetry;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>
/// Trains the 3D network on L_ce (method Eq. 1) over the drawn pairs, with <see cref="CorrelationLearning"/> and its losses as
/// <see cref="LossSchedule"/> says; SGD and AdamW with cosine decay by epoch. A checkpoint is written after every epoch and when the run is stopped;
/// training from a checkpoint gives the bits that an undisturbed run gives.
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
    private readonly CosineSchedule _correlationRate;
    private readonly LossSchedule _losses;
    private readonly Sgd _optimiser;
    private readonly CorrelationLearning? _correlation;

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
        CorrelationConfiguration correlation = configuration.Correlation;
        _balance = ClassBalance.Of(scenes, network.Text.Classes.Count, train.ClassBalance);
        _rate = new CosineSchedule(train.LearningRate, train.Epochs);
        _correlationRate = new CosineSchedule(correlation.LearningRate, train.Epochs);
        _losses = LossSchedule.Of(configuration);
        if (_losses.Correlation is not null)
            _correlation = new CorrelationLearning(_device, correlation, configuration.Feedback, network.Text.Dimension, (ulong)configuration.Seed);
        _optimiser = new Sgd(_device, network.Backbone.Parameters, (float)train.Momentum, (float)train.Dampening, (float)train.WeightDecay);
    }

    public string CheckpointPath => Path.Combine(_folder, Checkpoint.FileName);

    /// <summary>Of all that is trained.</summary>
    public long ParameterCount => Networks.Sum(network => network.ParameterCount);

    private int StepsPerEpoch => (_scenes.Count + _configuration.Train.BatchScenes - 1) / _configuration.Train.BatchScenes;

    private IReadOnlyList<Network> Networks => _correlation is null ? [_network.Backbone] : [_network.Backbone, .. _correlation.Networks];

    private IReadOnlyList<IOptimiser> Optimisers => _correlation is null ? [_optimiser] : [_optimiser, _correlation.Optimiser];

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
        _correlation?.Dispose();
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
                losses += Step(batch, epoch);
                progress.Advance(1, string.Create(CultureInfo.InvariantCulture, $"epoch {epoch + 1}/{_configuration.Train.Epochs} loss {losses.MeanLabel:0.000}"));
            }
        }
        finally
        {
            next?.GetAwaiter().GetResult().Dispose();
        }

        double seconds = position.Seconds + clock.Elapsed.TotalSeconds;
        if (step < StepsPerEpoch) return position with { Step = step, Losses = losses, Seconds = seconds };
        var metrics = new EpochMetrics(epoch + 1, losses.MeanLabel, losses.MeanCorrelation, losses.MeanFeedback, _rate.RateAt(epoch), losses.Pairs, seconds);
        return new TrainingPosition(epoch + 1, 0, default, 0, [.. position.History, metrics]);
    }

    private TrainingBatch Build(int[] order, int epoch, int step)
    {
        int size = _configuration.Train.BatchScenes, first = step * size, last = Math.Min(first + size, order.Length);
        var chosen = new List<(int, TrainingScene)>();
        for (int i = first; i < last; i++) chosen.Add((order[i], _scenes[order[i]]));
        return TrainingBatch.Build(_device, chosen, _configuration, epoch, _balance, _losses.HasCorrelation(epoch) ? _configuration.Correlation.Points : 0);
    }

    /// <summary>Forward, losses, backward, updates; the losses of this batch.</summary>
    private EpochLosses Step(TrainingBatch batch, int epoch)
    {
        int voxels = batch.Input.Voxels.First.Length;
        using Tensor features = _device.Memory.Rent(voxels, VoxelInput.Channels);
        features.CopyFrom(batch.Input.Features);
        using Tensor output = _network.Backbone.Forward(batch.Input.Voxels, features, training: true);

        float weight = _losses.Weight(epoch);
        bool withFeedback = _losses.HasFeedback(epoch);
        (Tensor? gradSampled, double correlationLoss, double feedbackLoss) = (null, 0, 0);
        if (batch.Sample is not null)
            (gradSampled, correlationLoss, feedbackLoss) = _correlation!.Step(output, batch.Sample, _network.TextRows, withFeedback, weight);
        double labelLoss = CrossEntropy.AgainstText(_device, output, _network.TextRows, null, batch.Pairs, gradFeatures: output, weight);
        if (gradSampled is not null)
            using (gradSampled) AddSampled(output, batch.Sample!.Rows, gradSampled);
        CheckFinite(labelLoss + correlationLoss + feedbackLoss, epoch);

        _network.Backbone.ClearGradients();
        _network.Backbone.Backward(output);
        _optimiser.Step(_rate.RateAt(epoch));
        if (batch.Sample is null) return new EpochLosses(labelLoss * batch.Pairs.Count, batch.Pairs.Count, 0, 0, 0, 0);
        _correlation!.Optimiser.Step(_correlationRate.RateAt(epoch));
        int sampled = withFeedback ? batch.Sample.Rows.Length : 0, sampledPairs = batch.Sample.Labels.Count;
        return new EpochLosses(labelLoss * batch.Pairs.Count, batch.Pairs.Count, correlationLoss * sampledPairs, sampledPairs, feedbackLoss * sampled, sampled);
    }

    /// <summary>Adds the sampled points' gradient to their voxels', in the order of the sample: points may share a voxel.</summary>
    private static void AddSampled(Tensor gradient, int[] rows, Tensor gradSampled)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            Span<float> to = gradient.Row(rows[i]);
            TensorPrimitives.Add(to, gradSampled.Row(i), to);
        }
    }

    private void CheckFinite(double loss, int epoch)
    {
        if (!double.IsFinite(loss))
            throw new NonFiniteException($"the loss became {loss} in epoch {epoch + 1}; a smaller train.learning_rate (now {_configuration.Train.LearningRate}) usually helps. The last checkpoint is {CheckpointPath}");
    }
}
