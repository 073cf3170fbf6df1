using System.Diagnostics;
using System.Globalization;
using HiCorr.Native.Layers;
using HiCorr.Native.Optim;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>
/// Epochs of steps with a checkpoint after every epoch and when the run is stopped. The next batch is built while the network works on this one.
/// Training from a checkpoint gives the bits that an undisturbed run gives, as long as batches are functions of (epoch, step).
/// </summary>
/// <param name="title">On the progress line.</param>
/// <param name="folder">For checkpoint and metrics.</param>
/// <param name="runKey">A checkpoint of another key is refused.</param>
/// <param name="networks">Their state is kept.</param>
/// <param name="optimisers">Theirs too.</param>
internal sealed class TrainingLoop<TBatch>(string title, string folder, string runKey, IReadOnlyList<Network> networks, IReadOnlyList<IOptimiserState> optimisers)
    where TBatch : IDisposable
{
    public required int Epochs { get; init; }

    public required int StepsPerEpoch { get; init; }

    /// <summary>The batch of (epoch, step), both from 0; called from another thread.</summary>
    public required Func<int, int, TBatch> Build { get; init; }

    /// <summary>Trains on the batch of (epoch, step) and gives its losses.</summary>
    public required Func<TBatch, int, int, EpochLosses> Step { get; init; }

    /// <summary>What to note of an epoch: its number from 0, its losses, its seconds.</summary>
    public required Func<int, EpochLosses, double, EpochMetrics> Measure { get; init; }

    /// <summary>
    /// A forward pass in training mode. Where it is given, the statistics of batch normalisation are computed anew after the last step, as the mean over
    /// the batches of one more epoch (precise batch norm: Wu, Johnson 2021): with few scenes a step the running ones know the last few alone.
    /// </summary>
    public Action<TBatch>? Forward { get; init; }

    /// <summary>More change a mean little.</summary>
    private const int MostStatisticsBatches = 256;

    private string CheckpointPath => Path.Combine(folder, Checkpoint.FileName);

    /// <summary>Goes on from the checkpoint in the folder, if there is one, to the last epoch.</summary>
    /// <exception cref="StoppedException">Stopped; the checkpoint holds every finished step.</exception>
    public IReadOnlyList<EpochMetrics> Run(CancellationToken stop)
    {
        TrainingPosition position = File.Exists(CheckpointPath) ? Checkpoint.Read(CheckpointPath, runKey, networks, optimisers) : TrainingPosition.Start;
        using var progress = new Progress(title, (long)Epochs * StepsPerEpoch);
        progress.Skip((long)position.Epoch * StepsPerEpoch + position.Step);
        while (position.Epoch < Epochs)
        {
            position = RunEpoch(position, progress, stop);
            if (position.Step == 0) MetricsLog.Write(folder, position.History);
            Checkpoint.Write(CheckpointPath, runKey, networks, optimisers, position);
            if (stop.IsCancellationRequested && position.Epoch < Epochs)
                throw new StoppedException($"stopped in epoch {position.Epoch + 1} of {Epochs}; the same command goes on from {CheckpointPath}");
        }
        if (Forward is not null) ComputeStatistics(Forward, stop);
        return position.History;
    }

    /// <summary>Epochs that are over when a step begins, for the learning rate.</summary>
    public double Elapsed(int epoch, int step) => epoch + ((double)step / StepsPerEpoch);

    /// <exception cref="NonFiniteException">The loss is NaN or infinite; the last checkpoint stays.</exception>
    public void CheckFinite(double loss, int epoch, TrainConfiguration train)
    {
        if (!double.IsFinite(loss))
            throw new NonFiniteException(string.Create(CultureInfo.InvariantCulture, $"the loss became {loss} in epoch {epoch + 1}; a smaller train.learning_rate (now {train.LearningRate}) usually helps. The last checkpoint is {CheckpointPath}"));
    }

    /// <summary>Divides the gradients by the scale of the losses; false where the step is to be left out, as a gradient overflowed.</summary>
    /// <exception cref="NonFiniteException">They overflow without a scale; the last checkpoint stays.</exception>
    public bool Unscale(LossScale? scale, IReadOnlyList<Parameter> parameters, int epoch)
    {
        if (scale is null || scale.Unscale(parameters)) return true;
        if (scale.Value < 1)
            throw new NonFiniteException($"gradients stay infinite in float16 in epoch {epoch + 1}; compute.precision=bf16 has float32's range. The last checkpoint is {CheckpointPath}");
        return false;
    }

    /// <summary>The checkpoint holds the running statistics, so that this begins anew where it was stopped.</summary>
    private void ComputeStatistics(Action<TBatch> forward, CancellationToken stop)
    {
        int batches = Math.Min(StepsPerEpoch, MostStatisticsBatches);
        using var progress = new Progress("statistics", batches);
        for (int step = 0; step < batches; step++)
        {
            if (stop.IsCancellationRequested) throw new StoppedException($"stopped after the last epoch; the same command goes on from {CheckpointPath}");
            foreach (Network network in networks) network.StatisticsMomentum = 1f / (step + 1);
            using TBatch batch = Build(Epochs, step);
            forward(batch);
            progress.Advance();
        }
        foreach (Network network in networks) network.StatisticsMomentum = null;
    }

    /// <summary>Steps to the end of the epoch, or until stopped.</summary>
    private TrainingPosition RunEpoch(TrainingPosition position, Progress progress, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        int epoch = position.Epoch, step = position.Step;
        EpochLosses losses = position.Losses;
        Task<TBatch>? next = Task.Run(() => Build(epoch, step), CancellationToken.None);
        try
        {
            while (next is not null && !stop.IsCancellationRequested)
            {
                using TBatch batch = next.GetAwaiter().GetResult();
                int following = ++step;
                next = following < StepsPerEpoch ? Task.Run(() => Build(epoch, following), CancellationToken.None) : null;
                losses += Step(batch, epoch, following - 1);
                progress.Advance(1, string.Create(CultureInfo.InvariantCulture, $"epoch {epoch + 1}/{Epochs} loss {losses.MeanLabel:0.000}"));
            }
        }
        finally
        {
            next?.GetAwaiter().GetResult().Dispose();
        }

        double seconds = position.Seconds + clock.Elapsed.TotalSeconds;
        if (step < StepsPerEpoch) return position with { Step = step, Losses = losses, Seconds = seconds };
        return new TrainingPosition(epoch + 1, 0, default, 0, [.. position.History, Measure(epoch, losses, seconds)]);
    }
}
