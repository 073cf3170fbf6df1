using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.Elementwise;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Layers;

/// <summary>
/// The block that the paper analyses (HICL Eq. 3), to the letter:
///   f̃_m = f_m + Σ_n w_mn v_n;  f̂_m = f̃_m + Linear(f̃_m)                             f, f̃, f̂ (N, d), w the softmax attention weights
/// Every step after w is linear in v, so a logit is h_mc = ψ(f'_m, T_c) + Σ_n w_mn e_nc + const with e_nc = ψ(v'_n, T_c), where a dash stands for
/// (1 + Linear). From it follow Eq. 5 and 6: ∂L/∂e_nc = w_mn (y_mc - [c = l_m]), ∂L/∂w_mn = Σ_c e_nc (y_mc - [c = l_m]).
/// With one head there is one weight w_mn a pair, as in the paper.
/// </summary>
public sealed class LinearCorrelationBlock : ICorrelationBlock
{
    private readonly Network _network;
    private readonly SelfAttention _attention;
    private readonly LinearLayer _linear;
    private Tensor? _input; // (N, d), not owned
    private Tensor? _middle; // (N, d): f̃

    /// <param name="network">Owner of the parameters.</param>
    /// <param name="name">Prefix of the parameters' names, for example "blocks.0".</param>
    /// <param name="width">d.</param>
    /// <param name="heads">A divisor of d.</param>
    public LinearCorrelationBlock(Network network, string name, int width, int heads = 1)
    {
        _network = network;
        _attention = new SelfAttention(network, name + ".attn", width, heads);
        _linear = new LinearLayer(network, name + ".linear", width, width);
    }

    public Tensor Forward(Tensor input, RowSegments segments, bool training)
    {
        Dispose();
        _attention.Forward(input, segments);
        _middle = _network.Device.Memory.Rent(input.Rows, input.Columns);
        _middle.CopyFrom(input);
        Elementwise.Add(_network.Device, _attention.Output, _middle);
        Tensor output = _linear.Forward(_middle, residual: _middle);
        if (training) _input = input;
        else Dispose();
        return output;
    }

    public void Backward(Tensor gradient)
    {
        if (_input is null || _middle is null) throw new InvalidOperationException("Backward without a training pass before it.");
        _linear.BackwardParameters(_middle, gradient);
        using Tensor gradMiddle = _network.Device.Memory.Rent(gradient.Rows, gradient.Columns);
        _linear.BackwardInput(gradient, gradMiddle);
        Elementwise.Add(_network.Device, gradMiddle, gradient);
        gradMiddle.CopyFrom(gradient);
        _attention.Backward(_input, gradMiddle, gradInput: gradient, accumulate: true);
        Dispose();
    }

    public long MultiplyAdds(RowSegments segments) =>
        (4L * segments.Rows * _linear.InChannels * _linear.InChannels) + (2 * segments.TokenPairs() * _linear.InChannels);

    public void Dispose()
    {
        _attention.Dispose();
        _middle?.Dispose();
        _input = _middle = null;
    }
}
