using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Layers;

/// <summary>
/// Attention of rows to each other inside sequences: queries, keys and values are three linear maps of the input, done as one of d to 3 d with a bias.
/// After a training pass it keeps what its backward pass needs and gives it back there.
/// </summary>
public sealed class SelfAttention(Network network, string name, int width, int heads) : IDisposable
{
    private readonly LinearLayer _qkv = new(network, name + ".qkv", width, 3 * width);
    private RowSegments? _segments;
    private Tensor? _projected; // (N, 3 d)
    private Tensor? _output; // (N, d)
    private Tensor? _logSumExp; // (H, N)

    /// <summary>Output (N, d) of <see cref="Forward"/>: until <see cref="Backward"/> after a training pass, else until <see cref="Dispose"/>.</summary>
    public Tensor Output => _output ?? throw new InvalidOperationException("There was no forward pass before.");

    /// <summary>Fills <see cref="Output"/>.</summary>
    public void Forward(Tensor input, RowSegments segments)
    {
        Dispose();
        _segments = segments;
        _projected = _qkv.Forward(input);
        _output = network.Device.Memory.Rent(input.Rows, width);
        _logSumExp = network.Device.Memory.Rent(heads, input.Rows);
        Attention.Forward(network.Device, Part(_projected, 0), Part(_projected, 1), Part(_projected, 2), segments, heads, _output, _logSumExp);
    }

    /// <summary>Adds to the parameters' gradients; gradInput = or += the input's gradient.</summary>
    public void Backward(Tensor input, Tensor gradOutput, Tensor gradInput, bool accumulate)
    {
        if (_segments is null || _projected is null || _output is null || _logSumExp is null)
            throw new InvalidOperationException("Backward without a training pass before it.");
        using Tensor gradient = network.Device.Memory.Rent(input.Rows, 3 * width);
        Attention.Backward(network.Device, Part(_projected, 0), Part(_projected, 1), Part(_projected, 2), _segments, heads, _output, _logSumExp,
            gradOutput, Part(gradient, 0), Part(gradient, 1), Part(gradient, 2));
        Dispose();
        _qkv.BackwardParameters(input, gradient);
        _qkv.BackwardInput(gradient, gradInput, accumulate);
    }

    public void Dispose()
    {
        _projected?.Dispose();
        _output?.Dispose();
        _logSumExp?.Dispose();
        _projected = _output = _logSumExp = null;
    }

    private Tensor Part(Tensor joined, int index) => joined.Slice(index * width, width);
}
