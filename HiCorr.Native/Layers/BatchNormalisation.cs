using HiCorr.Native.Ops.BatchNorm;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Layers;

/// <summary>Batch normalisation with its parameters and running statistics, and the ReLU and residual sum that may follow.</summary>
public sealed class BatchNormalisation
{
    private readonly Network _network;
    private readonly StateBuffer _mean;
    private readonly StateBuffer _variance;
    private readonly StateCounter _batches;
    private readonly float _momentum;

    /// <param name="network">Owner of the parameters.</param>
    /// <param name="name">Prefix of the parameters' names, for example "bn0.bn".</param>
    /// <param name="channels">C.</param>
    /// <param name="momentum">Share of the new batch in the running statistics.</param>
    public BatchNormalisation(Network network, string name, int channels, float momentum)
    {
        _network = network;
        _momentum = momentum;
        Weight = network.AddParameter(name + ".weight", channels);
        Bias = network.AddParameter(name + ".bias", channels);
        _mean = network.AddBuffer(name + ".running_mean", channels);
        _variance = network.AddBuffer(name + ".running_var", channels);
        _batches = network.AddCounter(name + ".num_batches_tracked");
        Weight.Value.Fill(1);
        _variance.Value.Fill(1);
    }

    public Parameter Weight { get; }

    public Parameter Bias { get; }

    /// <summary>y = [relu](normalised x [+ residual]); y may be x. Returns the statistics that the backward pass wants, owned by the caller.</summary>
    public Tensor Forward(Tensor x, Tensor? residual, bool relu, bool training, Tensor y)
    {
        Tensor statistics = _network.Device.Memory.Rent(2, x.Columns);
        if (training)
        {
            BatchNorm.BatchStatistics(_network.Device, x, statistics, _mean.Value, _variance.Value, _network.StatisticsMomentum ?? _momentum);
            _batches.Value++;
        }
        else
        {
            BatchNorm.RunningStatistics(_network.Device, statistics, _mean.Value, _variance.Value);
        }
        BatchNorm.Apply(_network.Device, x, statistics, Weight.Value, Bias.Value, residual, relu, y);
        return statistics;
    }

    /// <summary>Adds to the parameters' gradients and writes gradX after a training pass; see <see cref="BatchNorm.Backward"/>.</summary>
    public void Backward(Tensor x, Tensor? y, Tensor statistics, Tensor gradOutput, bool masksGradOutput, Tensor gradX) =>
        BatchNorm.Backward(_network.Device, x, y, statistics, Weight.Value, training: true, gradOutput, masksGradOutput, Weight.Gradient, Bias.Gradient, gradX);
}
