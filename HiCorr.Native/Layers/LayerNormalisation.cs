using HiCorr.Native.Ops.LayerNorm;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Layers;

/// <summary>Layer normalisation with its parameters, weight and bias (C).</summary>
public sealed class LayerNormalisation
{
    private readonly Network _network;

    /// <param name="network">Owner of the parameters.</param>
    /// <param name="name">Prefix of the parameters' names, for example "blocks.0.norm1".</param>
    /// <param name="channels">C.</param>
    public LayerNormalisation(Network network, string name, int channels)
    {
        _network = network;
        Weight = network.AddParameter(name + ".weight", channels);
        Bias = network.AddParameter(name + ".bias", channels);
        Weight.Value.Fill(1);
    }

    public Parameter Weight { get; }

    public Parameter Bias { get; }

    /// <summary>The normalised rows (N, C) and the statistics (N, 2) that the backward pass wants; both are the caller's.</summary>
    public Tensor Forward(Tensor x, out Tensor statistics)
    {
        statistics = _network.Device.Memory.Rent(x.Rows, 2);
        Tensor y = _network.Device.Memory.Rent(x.Rows, x.Columns);
        LayerNorm.Forward(_network.Device, x, Weight.Value, Bias.Value, statistics, y);
        return y;
    }

    /// <summary>The output of <see cref="Forward"/> once more.</summary>
    public Tensor Repeat(Tensor x, Tensor statistics)
    {
        Tensor y = _network.Device.Memory.Rent(x.Rows, x.Columns);
        LayerNorm.Apply(_network.Device, x, Weight.Value, Bias.Value, statistics, y);
        return y;
    }

    /// <summary>Adds to the parameters' gradients, and the gradient of x to gradX.</summary>
    public void Backward(Tensor x, Tensor statistics, Tensor gradOutput, Tensor gradX) =>
        LayerNorm.Backward(_network.Device, x, statistics, Weight.Value, gradOutput, Weight.Gradient, Bias.Gradient, gradX, accumulate: true);
}
