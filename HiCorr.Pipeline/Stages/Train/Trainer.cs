using System.Diagnostics;
using System.Globalization;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Optim;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>
/// Trains the 3D network on L_ce (method Eq. 1) over the drawn pairs, SGD with cosine decay by epoch. A checkpoint is written after every epoch and
/// when the run is stopped; training from a checkpoint gives the bits that an undisturbed run gives.
/// </summary>
internal sealed class Trainer(Configuration configuration, IReadOnlyList<TrainingScene> scenes, SegmentationNetwork network, string folder, string runKey)
{
    private readonly CpuDevice _device = network.Backbone.Device;
    private readonly ClassBalance _balance = ClassBalance.Of(scenes, network.Text.Classes.Count, configuration.Train.ClassBalance);
    private readonly CosineSchedule _schedule = new(configuration.Train.LearningRate, configuration.Train.Epochs);

    public string CheckpointPath { get; } = Path.Combine(folder, Checkpoint.FileName);

    private int StepsPerEpoch => (scenes.Count + configuration.Train.BatchScenes - 1) / configuration.Train.BatchScenes;

    /// <summary>Goes on from the checkpoint in the folder, if there is one, to the last epoch.</summary>
    /// <exception cref="StoppedException">Stopped; the checkpoint holds every finished step.</exception>
    /// <exception cref="NonFiniteException">The loss is NaN or infinite; the last checkpoint stays.</exception>
    public IReadOnlyList<EpochMetrics> Run(CancellationToken stop)
    {
        TrainConfiguration train = configuration.Train;
        using var optimiser = new Sgd(_device, network.Backbone.Parameters, (float)train.Momentum, (float)train.Dampening, (float)train.WeightDecay);
        TrainingPosition position = File.Exists(CheckpointPath) ? Checkpoint.Read(CheckpointPath, runKey, network, optimiser) : TrainingPosition.Start;

        using var progress = new Progress("train", (long)train.Epochs * StepsPerEpoch);
        progress.Skip((long)position.Epoch * StepsPerEpoch + position.Step);
        while (position.Epoch < train.Epochs)
        {
            position = RunEpoch(position, optimiser, progress, stop);
            if (position.Step == 0) MetricsLog.Write(folder, position.History);
            Checkpoint.Write(CheckpointPath, runKey, network, optimiser, position);
            if (stop.IsCancellationRequested && position.Epoch < train.Epochs)
                throw new StoppedException($"stopped in epoch {position.Epoch + 1} of {train.Epochs}; the same command goes on from {CheckpointPath}");
        }
        return position.History;
    }

    /// <summary>Steps to the end of the epoch, or until stopped.</summary>
    private TrainingPosition RunEpoch(TrainingPosition position, Sgd optimiser, Progress progress, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        int epoch = position.Epoch, step = position.Step;
        double rate = _schedule.RateAt(epoch), loss = position.Loss;
        long pairs = position.Pairs;
        int[] order = new CounterRandom((ulong)configuration.Seed, "order", (ulong)epoch).Permutation(scenes.Count);

        // The next batch is cut into voxels while the network works on this one.
        Task<TrainingBatch>? next = Task.Run(() => Build(order, epoch, step));
        try
        {
            while (next is not null && !stop.IsCancellationRequested)
            {
                using TrainingBatch batch = next.GetAwaiter().GetResult();
                int following = ++step;
                next = following < StepsPerEpoch ? Task.Run(() => Build(order, epoch, following)) : null;
                double batchLoss = Step(batch, optimiser, rate, epoch);
                loss += batchLoss * batch.Pairs.Count;
                pairs += batch.Pairs.Count;
                progress.Advance(1, string.Create(CultureInfo.InvariantCulture, $"epoch {epoch + 1}/{configuration.Train.Epochs} loss {loss / Math.Max(pairs, 1):0.000}"));
            }
        }
        finally
        {
            next?.GetAwaiter().GetResult().Dispose();
        }

        double seconds = position.Seconds + clock.Elapsed.TotalSeconds;
        if (step < StepsPerEpoch) return position with { Step = step, Loss = loss, Pairs = pairs, Seconds = seconds };
        var metrics = new EpochMetrics(epoch + 1, loss / Math.Max(pairs, 1), rate, pairs, seconds);
        return new TrainingPosition(epoch + 1, 0, 0, 0, 0, [.. position.History, metrics]);
    }

    private TrainingBatch Build(int[] order, int epoch, int step)
    {
        int first = step * configuration.Train.BatchScenes, last = Math.Min(first + configuration.Train.BatchScenes, order.Length);
        var chosen = new List<(int, TrainingScene)>();
        for (int i = first; i < last; i++) chosen.Add((order[i], scenes[order[i]]));
        return TrainingBatch.Build(_device, chosen, configuration, epoch, _balance);
    }

    /// <summary>Forward, loss, backward, update; the batch's mean loss.</summary>
    private double Step(TrainingBatch batch, Sgd optimiser, double rate, int epoch)
    {
        int voxels = batch.Input.Voxels.First.Length;
        using Tensor features = _device.Memory.Rent(voxels, VoxelInput.Channels);
        features.CopyFrom(batch.Input.Features);
        using Tensor output = network.Backbone.Forward(batch.Input.Voxels, features, training: true);
        double loss = CrossEntropy.AgainstText(_device, output, network.TextRows, null, batch.Pairs, gradFeatures: output);
        if (!double.IsFinite(loss))
            throw new NonFiniteException($"the loss became {loss} in epoch {epoch + 1}; a smaller train.learning_rate (now {configuration.Train.LearningRate}) usually helps. The last checkpoint is {CheckpointPath}");
        network.Backbone.ClearGradients();
        network.Backbone.Backward(output);
        optimiser.Step(rate);
        return loss;
    }
}
