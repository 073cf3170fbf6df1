using HiCorr.Native.Ops.Linear;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Layers;

/// <summary>A product with a trained matrix, kernel (Cin, Cout), and a bias (Cout).</summary>
public sealed class LinearLayer
{
    private readonly Network _network;

    /// <param name="network">Owner of the parameters.</param>
    /// <param name="name">Prefix of the parameters' names, for example "blocks.0.mlp.fc1".</param>
    /// <param name="inChannels">Cin.</param>
    /// <param name="outChannels">Cout.</param>
    public LinearLayer(Network network, string name, int inChannels, int outChannels)
    {
        _network = network;
        Kernel = network.AddParameter(name + ".kernel", inChannels, outChannels);
        Bias = network.AddParameter(name + ".bias", outChannels);
    }

    public Parameter Kernel { get; }

    public Parameter Bias { get; }

    public int InChannels => Kernel.Value.Rows;

    public int OutChannels => Kernel.Value.Columns;

    /// <summary>input @ kernel + bias [+ residual], (N, Cout), the caller's.</summary>
    public Tensor Forward(Tensor input, Tensor? residual = null)
    {
        Tensor output = _network.Device.Memory.Rent(input.Rows, OutChannels);
        Linear.Forward(_network.Device, input, Kernel.Value, Bias.Value, output, residual);
        return output;
    }

    /// <summary>Adds to the parameters' gradients; the input may be given up after it.</summary>
    public void BackwardParameters(Tensor input, Tensor gradOutput) =>
        Linear.BackwardWeight(_network.Device, input, gradOutput, Kernel.Gradient, Bias.Gradient);

    /// <summary>gradInput = or += the input's gradient.</summary>
    public void BackwardInput(Tensor gradOutput, Tensor gradInput, bool accumulate = false) =>
        Linear.BackwardInput(_network.Device, gradOutput, Kernel.Value, gradInput, accumulate);
}
