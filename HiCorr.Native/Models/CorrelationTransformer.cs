using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Models;

/// <summary>What a <see cref="CorrelationTransformer"/> is made of.</summary>
public enum CorrelationBlockKind
{
    /// <summary><see cref="TransformerBlock"/>.</summary>
    Vit,

    /// <summary><see cref="LinearCorrelationBlock"/> with one head.</summary>
    Linear,
}

/// <summary>
/// Correlation learning (HICL Sec. 3.2): a transformer of three blocks on the features of sampled points, (N, d) to (N, d). Whether points of different
/// scenes correct each other, Eq. 7, is a matter of the sequences that it is given. No normalisation follows the last block: the output is compared
/// with text embeddings as its input is.
/// </summary>
public sealed class CorrelationTransformer : Network
{
    /// <summary>Blocks, as the paper has it.</summary>
    public const int Blocks = 3;

    private const double InitialDeviation = 0.02;
    private readonly ICorrelationBlock[] _blocks = new ICorrelationBlock[Blocks];
    private readonly LinearLayer? _position;
    private readonly Tensor?[] _inputs = new Tensor?[Blocks]; // of the blocks, after a training pass; those that were made here are owned
    private Tensor? _positions; // (N, 3), not owned

    /// <param name="device">Where to work.</param>
    /// <param name="name">Prefix of the parameters' names, for example "intra".</param>
    /// <param name="width">d.</param>
    /// <param name="kind">Kind of its blocks.</param>
    /// <param name="heads">Heads of a <see cref="CorrelationBlockKind.Vit"/> block, a divisor of d.</param>
    /// <param name="hasPosition">Whether a learned linear map of the points' coordinates is added to the features.</param>
    /// <param name="seed">Seed of the initial weights.</param>
    public CorrelationTransformer(Device device, string name, int width, CorrelationBlockKind kind = CorrelationBlockKind.Vit, int heads = 8,
        bool hasPosition = false, ulong seed = 0) : base(device)
    {
        Width = width;
        if (hasPosition) _position = new LinearLayer(this, name + ".position", 3, width);
        for (int i = 0; i < Blocks; i++)
            _blocks[i] = kind == CorrelationBlockKind.Vit
                ? new TransformerBlock(this, $"{name}.blocks.{i}", width, heads)
                : new LinearCorrelationBlock(this, $"{name}.blocks.{i}", width);
        Initialise(name, seed);
    }

    public int Width { get; }

    /// <summary>Whether <see cref="Forward"/> wants positions.</summary>
    public bool HasPosition => _position is not null;

    /// <summary>Output (N, d), owned by the caller.</summary>
    /// <param name="features">(N, d); must live until <see cref="Backward"/>.</param>
    /// <param name="positions">(N, 3) with <see cref="HasPosition"/>, else null; must live until <see cref="Backward"/>.</param>
    /// <param name="segments">Which rows see each other.</param>
    /// <param name="training">Whether a backward pass may follow.</param>
    public Tensor Forward(Tensor features, Tensor? positions, RowSegments segments, bool training)
    {
        if (features.Columns != Width || features.Rows != segments.Rows) throw new ArgumentException($"features {features.Rows} x {features.Columns}, not {segments.Rows} x {Width}");
        if ((positions is not null) != HasPosition) throw new ArgumentException(HasPosition ? "positions are missing" : "positions are given to a transformer without them");
        Forget();
        _positions = positions;
        Tensor current = _position is null ? features : _position.Forward(positions!, residual: features);
        for (int i = 0; i < Blocks; i++)
        {
            Tensor next = _blocks[i].Forward(current, segments, training);
            if (training) _inputs[i] = current;
            else if (current != features) current.Dispose();
            current = next;
        }
        return current;
    }

    /// <summary>Adds the gradient of every parameter after a training pass and turns the gradient of the output, in place, into that of the features.</summary>
    public void Backward(Tensor gradient)
    {
        for (int i = Blocks - 1; i >= 0; i--)
        {
            _blocks[i].Backward(gradient);
            Release(i);
        }
        _position?.BackwardParameters(_positions!, gradient);
        _positions = null;
    }

    /// <summary>Multiply-adds of a forward pass.</summary>
    public long MultiplyAdds(RowSegments segments)
    {
        long sum = (long)segments.Rows * (_position?.InChannels ?? 0) * Width;
        foreach (ICorrelationBlock block in _blocks) sum += block.MultiplyAdds(segments);
        return sum;
    }

    protected override void Dispose(bool disposing)
    {
        Forget();
        base.Dispose(disposing);
    }

    /// <summary>
    /// The start of vision transformers (timm's init_weights_vit_timm): kernels normal with deviation 0.02, biases 0, normalisation weights 1. Small
    /// kernels leave the output near the features.
    /// </summary>
    private void Initialise(string name, ulong seed)
    {
        for (int i = 0; i < Parameters.Count; i++)
        {
            if (!Parameters[i].Name.EndsWith(".kernel", StringComparison.Ordinal)) continue;
            var random = new CounterRandom(seed, "initial weights of " + name, (ulong)i);
            float[] values = Parameters[i].Value.ToArray();
            for (int k = 0; k < values.Length; k++) values[k] = (float)(InitialDeviation * random.Normal((ulong)k));
            Parameters[i].Value.CopyFrom(values);
        }
    }

    /// <summary>Gives back what a training pass kept.</summary>
    private void Forget()
    {
        for (int i = 0; i < Blocks; i++)
        {
            _blocks[i].Dispose();
            Release(i);
        }
        _positions = null;
    }

    private void Release(int block)
    {
        // The first block's input is the caller's, unless positions were added to it.
        if (block > 0 || _position is not null) _inputs[block]?.Dispose();
        _inputs[block] = null;
    }
}
