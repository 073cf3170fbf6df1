using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Gather;
using HiCorr.Native.Tensors;

namespace HiCorr.Pipeline.Stages.Train;

/// <summary>
/// One forward pass of the 3D network, and the gradient that the losses make of it. Most losses touch few rows and hand in those; the last one writes
/// over the features themselves, which are the largest matrix of a step: no second one is needed.
/// </summary>
/// <param name="device">Where to work.</param>
/// <param name="batch">What was passed forward.</param>
/// <param name="epoch">From 0.</param>
/// <param name="step">Of the epoch, from 0.</param>
/// <param name="features">Output of the network, (voxels, d); the pass owns it from here.</param>
/// <param name="headFeatures">What its head read, (voxels, 96); stays the network's.</param>
/// <param name="text">T̂, (C, d).</param>
/// <param name="weight">Of each loss in the total.</param>
internal sealed class TrainingPass(Device device, TrainingBatch batch, int epoch, int step, Tensor features, Tensor headFeatures, Tensor text, float weight) : IDisposable
{
    private readonly List<(int[] Rows, Tensor Gradient)> _ofRows = [];
    private bool _isOverwritten;

    public Device Device => device;

    public TrainingBatch Batch => batch;

    public int Epoch => epoch;

    public int Step => step;

    /// <summary>Of the 3D network, (voxels, d).</summary>
    public Tensor Features => _isOverwritten ? throw new InvalidOperationException("A loss asks for features that another one has written over.") : features;

    public Tensor HeadFeatures => headFeatures;

    public Tensor Text => text;

    public float Weight => weight;

    /// <summary>Of <see cref="HeadFeatures"/>; null where no loss reads them.</summary>
    public Tensor? HeadGradient { get; private set; }

    /// <summary>A copy of some rows, the caller's.</summary>
    public static Tensor Take(Device device, Tensor of, int[] rows)
    {
        Tensor gathered = device.Memory.Rent(rows.Length, of.Columns);
        Gather.Forward(device, of, rows, gathered);
        return gathered;
    }

    /// <summary>Hands in the gradient of some rows of the features; rows may repeat. The pass owns it from here.</summary>
    public void Add(int[] rows, Tensor gradient) => _ofRows.Add((rows, gradient));

    /// <summary>Hands in the gradient of some rows of the head's features.</summary>
    public void AddToHead(int[] rows, Tensor gradient)
    {
        HeadGradient ??= device.Memory.RentZeros(headFeatures.Rows, headFeatures.Columns);
        Gather.Backward(device, gradient, rows, HeadGradient);
    }

    /// <summary>For the last loss: the features, to write the gradient of all rows into.</summary>
    public Tensor Overwrite()
    {
        Tensor taken = Features;
        _isOverwritten = true;
        return taken;
    }

    /// <summary>The gradient of all losses, (voxels, d), once the last one has written its own; in the order in which they came.</summary>
    public Tensor TotalGradient()
    {
        if (!_isOverwritten) throw new InvalidOperationException("No loss has written the gradient of all rows.");
        foreach ((int[] rows, Tensor gradient) in _ofRows)
            using (gradient) Gather.Backward(device, gradient, rows, features);
        _ofRows.Clear();
        return features;
    }

    public void Dispose()
    {
        foreach ((_, Tensor gradient) in _ofRows) gradient.Dispose();
        HeadGradient?.Dispose();
        features.Dispose();
    }

}
