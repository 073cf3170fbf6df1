using HiCorr.Native.Devices;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Optim;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Stages.Train;

namespace HiCorr.Pipeline.Stages.Flat;

/// <summary>
/// Trains the 2D network: cross entropy of every labelled pixel against the text rows, as L_ce has it for points (method Eq. 1), by the optimiser and
/// at the rate of the 3D network. Stopped and resumed as <see cref="TrainingLoop{TBatch}"/> says.
/// </summary>
internal sealed class FlatTrainer : IDisposable
{
    private readonly Configuration _configuration;
    private readonly IReadOnlyList<FlatImage> _images;
    private readonly SegmentationNetwork _network;
    private readonly Device _device;
    private readonly ClassBalance _balance;
    private readonly CosineSchedule _rate;
    private readonly IOptimiser _optimiser;
    private readonly LossScale? _scale;
    private readonly TrainingLoop<FlatBatch> _loop;

    /// <param name="configuration">Of the run.</param>
    /// <param name="images">To learn from.</param>
    /// <param name="network">Trained in place.</param>
    /// <param name="folder">For checkpoint and metrics.</param>
    /// <param name="runKey">A checkpoint of another key is refused.</param>
    /// <exception cref="ArtefactException">No pixel has a label.</exception>
    public FlatTrainer(Configuration configuration, IReadOnlyList<FlatImage> images, SegmentationNetwork network, string folder, string runKey)
    {
        (_configuration, _images, _network, _device) = (configuration, images, network, network.Backbone.Device);
        (FlatConfiguration flat, TrainConfiguration train) = (configuration.Flat, configuration.Train);
        long[] counts = FlatImages.CountLabels(images, network.Text.Classes.Count);
        if (counts.Sum() == 0)
            throw new ArtefactException(images[0].Labels.Folder, null, "at least one pixel with a pseudo-label", $"none in {images.Count} images of the training scenes", "Name other classes with model.classes, or take another model pack");
        _balance = ClassBalance.Of(counts, train.ClassBalance);
        _rate = NetworkOptimiser.Schedule(train, flat.Epochs);
        _optimiser = NetworkOptimiser.Create(_device, network.Backbone.Parameters, train);
        _scale = LossScale.For(_device);
        _loop = new TrainingLoop<FlatBatch>("flat", folder, runKey, [network.Backbone], _scale is null ? [_optimiser] : [_optimiser, _scale])
        {
            Epochs = flat.Epochs,
            StepsPerEpoch = (images.Count + flat.ImagesPerStep - 1) / flat.ImagesPerStep,
            Build = Build,
            Step = Step,
            Forward = train.PreciseBatchNorm ? Forward : null,
            Measure = (epoch, losses, seconds) => new EpochMetrics(epoch + 1, losses.MeanLabel, null, null, null, _rate.RateAt(epoch + 1), losses.Pairs, seconds),
        };
    }

    /// <inheritdoc cref="TrainingLoop{TBatch}.Run"/>
    public IReadOnlyList<EpochMetrics> Run(CancellationToken stop) => _loop.Run(stop);

    public void Dispose()
    {
        _optimiser.Dispose();
        _scale?.Dispose();
    }

    private FlatBatch Build(int epoch, int step)
    {
        int[] images = new CounterRandom((ulong)_configuration.Seed, "flat order", (ulong)epoch).Permutation(_images.Count);
        int size = _configuration.Flat.ImagesPerStep, first = step * size, last = Math.Min(first + size, images.Length);
        return FlatBatch.Build(_device, [.. images[first..last].Select(i => (i, _images[i]))], _configuration, epoch, _balance);
    }

    private void Forward(FlatBatch batch)
    {
        using Tensor features = batch.Input.Features(_device);
        _network.Backbone.Forward(batch.Input.Voxels, features, training: true).Dispose();
    }

    private EpochLosses Step(FlatBatch batch, int epoch, int step)
    {
        using TensorStep memory = _device.Memory.BeginStep();
        using Tensor features = batch.Input.Features(_device);
        using Tensor output = _network.Backbone.Forward(batch.Input.Voxels, features, training: true);
        double loss = CrossEntropy.AgainstText(_device, output, _network.TextRows, null, batch.Labels, gradFeatures: output, _scale?.Value ?? 1);
        _loop.CheckFinite(loss, epoch, _configuration.Train);
        _network.Backbone.ClearGradients();
        _network.Backbone.Backward(output);
        if (_loop.Unscale(_scale, _network.Backbone.Parameters, epoch)) _optimiser.Step(_rate.RateAt(_loop.Elapsed(epoch, step)));
        return new EpochLosses { Label = loss * batch.Labels.Count, Pairs = batch.Labels.Count };
    }
}
