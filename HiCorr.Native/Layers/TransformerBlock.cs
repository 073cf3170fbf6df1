using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.Gelu;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Layers;

/// <summary>
/// Pre-norm block of a vision transformer (Dosovitskiy et al. 2021), names as in timm:
///   m = x + proj(attention(norm1(x)));  y = m + fc2(GELU(fc1(norm2(m))))            x, m, y (N, d); fc1 d to 4 d; biases everywhere
/// Kept for backward: x (the caller's), qkv, the attention's output, m and the input of GELU, 9 N d floats; what is cheap is made anew.
/// </summary>
public sealed class TransformerBlock : ICorrelationBlock
{
    private const int MlpRatio = 4;
    private readonly Network _network;
    private readonly LayerNormalisation _norm1;
    private readonly SelfAttention _attention;
    private readonly LinearLayer _projection;
    private readonly LayerNormalisation _norm2;
    private readonly LinearLayer _expand;
    private readonly LinearLayer _contract;
    private readonly int _width;
    private Tensor? _input; // (N, d), not owned
    private Tensor? _statistics1; // (N, 2)
    private Tensor? _middle; // (N, d)
    private Tensor? _statistics2; // (N, 2)
    private Tensor? _hidden; // (N, 4 d), before GELU

    /// <param name="network">Owner of the parameters.</param>
    /// <param name="name">Prefix of the parameters' names, for example "blocks.0".</param>
    /// <param name="width">d.</param>
    /// <param name="heads">A divisor of d.</param>
    public TransformerBlock(Network network, string name, int width, int heads)
    {
        (_network, _width) = (network, width);
        _norm1 = new LayerNormalisation(network, name + ".norm1", width);
        _attention = new SelfAttention(network, name + ".attn", width, heads);
        _projection = new LinearLayer(network, name + ".attn.proj", width, width);
        _norm2 = new LayerNormalisation(network, name + ".norm2", width);
        _expand = new LinearLayer(network, name + ".mlp.fc1", width, MlpRatio * width);
        _contract = new LinearLayer(network, name + ".mlp.fc2", MlpRatio * width, width);
    }

    public Tensor Forward(Tensor input, RowSegments segments, bool training)
    {
        Dispose();
        using (Tensor normalised = _norm1.Forward(input, out _statistics1)) _attention.Forward(normalised, segments);
        _middle = _projection.Forward(_attention.Output, residual: input);
        if (!training) _attention.Dispose();
        using (Tensor normalised = _norm2.Forward(_middle, out _statistics2)) _hidden = _expand.Forward(normalised);
        using Tensor? apart = training ? _network.Device.Memory.Rent(_hidden.Rows, _hidden.Columns) : null;
        Tensor active = apart ?? _hidden;
        Gelu.Forward(_network.Device, _hidden, active);
        Tensor output = _contract.Forward(active, residual: _middle);
        if (training) _input = input;
        else Dispose();
        return output;
    }

    public void Backward(Tensor gradient)
    {
        if (_input is null || _statistics1 is null || _middle is null || _statistics2 is null || _hidden is null)
            throw new InvalidOperationException("Backward without a training pass before it.");
        BackwardMlp(gradient, _middle, _statistics2, _hidden);
        _projection.BackwardParameters(_attention.Output, gradient);
        using (Tensor gradAttention = _network.Device.Memory.Rent(gradient.Rows, _width))
        {
            _projection.BackwardInput(gradient, gradAttention);
            using Tensor normalised = _norm1.Repeat(_input, _statistics1);
            _attention.Backward(normalised, gradAttention, gradInput: gradAttention, accumulate: false);
            _norm1.Backward(_input, _statistics1, gradAttention, gradient);
        }
        Dispose();
    }

    public long MultiplyAdds(RowSegments segments) =>
        ((4L + (2 * MlpRatio)) * segments.Rows * _width * _width) + (2 * segments.TokenPairs() * _width);

    public void Dispose()
    {
        _attention.Dispose();
        _statistics1?.Dispose();
        _middle?.Dispose();
        _statistics2?.Dispose();
        _hidden?.Dispose();
        _input = _statistics1 = _middle = _statistics2 = _hidden = null;
    }

    /// <summary>From the gradient of y to that of m. The hidden layer is the largest tensor by far, so its gradient takes the place of its activation.</summary>
    private void BackwardMlp(Tensor gradient, Tensor middle, Tensor statistics, Tensor hidden)
    {
        using Tensor active = _network.Device.Memory.Rent(hidden.Rows, hidden.Columns);
        Gelu.Forward(_network.Device, hidden, active);
        _contract.BackwardParameters(active, gradient);
        _contract.BackwardInput(gradient, gradInput: active);
        Gelu.Backward(_network.Device, hidden, active, active);
        using Tensor normalised = _norm2.Repeat(middle, statistics);
        _expand.BackwardParameters(normalised, active);
        _expand.BackwardInput(active, gradInput: normalised);
        _norm2.Backward(middle, statistics, normalised, gradient);
    }
}
