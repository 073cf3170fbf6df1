using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Ops.Elementwise;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Models;

/// <summary>
/// MinkUNet14A as CLIP2Scene trains it: a 3x3x3 stem, four strided stages to 32, 64, 128, 256 channels, four transposed ones back to 128, 128,
/// 96, 96 with skip connections, one residual block a stage, and a 1x1x1 head. With 512 outputs it has 8,062,816 parameters. Names, shapes and
/// order of the state are MinkowskiEngine's.
/// </summary>
public sealed class MinkUNet14A : Network
{
    /// <summary>Tensor strides 1, 2, 4, 8, 16.</summary>
    public const int Levels = 5;

    private const int Stages = 4;
    private const int StemChannels = 32;
    private const float Momentum = 0.05f;
    private static readonly int[] s_encoder = [32, 64, 128, 256];
    private static readonly int[] s_decoder = [128, 128, 96, 96];
    private readonly ConvolutionNorm _stem;
    private readonly ConvolutionNorm[] _down = new ConvolutionNorm[Stages];
    private readonly BasicBlock[] _encoderBlocks = new BasicBlock[Stages];
    private readonly ConvolutionNorm[] _up = new ConvolutionNorm[Stages];
    private readonly BasicBlock[] _decoderBlocks = new BasicBlock[Stages];
    private readonly Convolution _head;
    private readonly Tensor?[] _joined = new Tensor?[Stages]; // upsampled channels, then skip channels; by decoder stage
    private readonly Tensor[] _gradJoined = new Tensor[Stages]; // of a backward pass
    private VoxelLevels? _voxels;
    private Tensor? _features; // input of the head, owned by the last block

    /// <param name="device">Where to work.</param>
    /// <param name="inChannels">Channels of the input features: 3 for colours.</param>
    /// <param name="outChannels">Channels of the output: the width of the text embeddings.</param>
    /// <param name="seed">Seed of the initial weights.</param>
    public MinkUNet14A(Device device, int inChannels, int outChannels, ulong seed = 0) : base(device)
    {
        _stem = Unit("conv0p1s1", "bn0.bn", ConvolutionKind.Within, 0, 3, inChannels, StemChannels);
        int channels = StemChannels;
        for (int stage = 0; stage < Stages; stage++)
        {
            _down[stage] = Unit($"conv{stage + 1}p{1 << stage}s2", $"bn{stage + 1}.bn", ConvolutionKind.Down, stage, 2, channels, channels);
            _encoderBlocks[stage] = new BasicBlock(this, $"block{stage + 1}.0", stage + 1, channels, s_encoder[stage], Momentum);
            channels = s_encoder[stage];
        }
        for (int stage = 0; stage < Stages; stage++)
        {
            int level = Stages - stage, width = s_decoder[stage];
            _up[stage] = Unit($"convtr{stage + 4}p{1 << level}s2", $"bntr{stage + 4}.bn", ConvolutionKind.Up, level, 2, channels, width);
            _decoderBlocks[stage] = new BasicBlock(this, $"block{stage + 5}.0", level - 1, width + SkipChannels(stage), width, Momentum);
            channels = width;
        }
        _head = new Convolution(this, "final", ConvolutionKind.Within, 0, 1, channels, outChannels, hasBias: true);
        Initialise(seed);
    }

    /// <summary>Every convolution with its normalisation, encoder first; the head has none and is not among them.</summary>
    public IEnumerable<ConvolutionNorm> Units =>
    [
        _stem, .. Enumerable.Range(0, Stages).SelectMany(stage => _encoderBlocks[stage].Units.Prepend(_down[stage])),
        .. Enumerable.Range(0, Stages).SelectMany(stage => _decoderBlocks[stage].Units.Prepend(_up[stage])),
    ];

    /// <summary>The 1x1x1 convolution to the output.</summary>
    public Convolution Head => _head;

    public int InChannels => _stem.Convolution.InChannels;

    public int OutChannels => _head.OutChannels;

    /// <summary>Channels of the features that the head reads.</summary>
    public int FeatureChannels => _head.InChannels;

    /// <summary>What the head reads, (N, 96), between a training pass and its <see cref="Backward"/>: a further head may read it too. Stays this network's.</summary>
    public Tensor HeadFeatures => _features ?? throw new InvalidOperationException("Features of the head without a training pass before.");

    /// <summary>Output (N, outChannels) of the voxels of level 0, owned by the caller.</summary>
    /// <param name="voxels">At least <see cref="Levels"/> levels; must live until <see cref="Backward"/>.</param>
    /// <param name="features">(N, inChannels) in voxel order; must live until <see cref="Backward"/>.</param>
    /// <param name="training">Batch statistics, and a backward pass may follow; else running statistics.</param>
    public Tensor Forward(VoxelLevels voxels, Tensor features, bool training)
    {
        if (voxels.Count < Levels) throw new ArgumentException($"{voxels.Count} levels, not {Levels}", nameof(voxels));
        Forget();
        for (int stage = 0; stage < Stages; stage++)
            _joined[stage] = Device.Memory.Rent(voxels[Stages - 1 - stage].Count, s_decoder[stage] + SkipChannels(stage));
        // The encoder writes what is skipped to the decoder straight into the columns where the decoder will read it.
        Tensor current = _stem.Forward(voxels, features, null, Skip(Stages - 1), training);
        for (int stage = 0; stage < Stages; stage++)
        {
            Tensor coarse = _down[stage].Forward(voxels, current, null, null, training);
            current = _encoderBlocks[stage].Forward(voxels, coarse, stage == Stages - 1 ? null : Skip(Stages - 2 - stage), training);
            if (!training) coarse.Dispose();
        }
        for (int stage = 0; stage < Stages; stage++)
        {
            Tensor joined = _joined[stage]!;
            _up[stage].Forward(voxels, current, null, joined.Slice(0, s_decoder[stage]), training);
            if (!training) current.Dispose();
            current = _decoderBlocks[stage].Forward(voxels, joined, null, training);
            if (!training) joined.Dispose();
        }
        Tensor output = Device.Memory.Rent(voxels[0].Count, OutChannels);
        _head.Forward(voxels, current, output);
        if (training) (_voxels, _features) = (voxels, current);
        else current.Dispose();
        return output;
    }

    /// <summary>Adds the gradient of every parameter after a training pass; both gradients stay the caller's.</summary>
    /// <param name="gradOutput">(N, outChannels).</param>
    /// <param name="gradHeadFeatures">(N, 96), what a further head adds to the gradient of <see cref="HeadFeatures"/>; null for none.</param>
    public void Backward(Tensor gradOutput, Tensor? gradHeadFeatures = null)
    {
        if (_voxels is null || _features is null) throw new InvalidOperationException("Backward without a training pass before it.");
        VoxelLevels voxels = _voxels;
        Tensor gradient = Device.Memory.Rent(gradOutput.Rows, FeatureChannels);
        _head.Backward(voxels, _features, gradOutput, gradient, accumulate: false);
        if (gradHeadFeatures is not null) Elementwise.Add(Device, gradHeadFeatures, gradient);
        for (int stage = Stages - 1; stage >= 0; stage--)
        {
            _gradJoined[stage] = _decoderBlocks[stage].Backward(voxels, gradient);
            gradient.Dispose();
            gradient = Device.Memory.Rent(voxels[Stages - stage].Count, _up[stage].Convolution.InChannels);
            _up[stage].Backward(voxels, _gradJoined[stage].Slice(0, s_decoder[stage]), hadResidual: false, gradient, accumulate: false);
        }
        for (int stage = Stages - 1; stage >= 0; stage--)
        {
            Tensor gradCoarse = _encoderBlocks[stage].Backward(voxels, gradient);
            if (stage == Stages - 1) gradient.Dispose();
            else _gradJoined[Stages - 2 - stage].Dispose();
            // What comes back through the skip connection is already there; the deeper stages add to it.
            int decoder = Stages - 1 - stage;
            gradient = _gradJoined[decoder].Slice(s_decoder[decoder], SkipChannels(decoder));
            _down[stage].Backward(voxels, gradCoarse, hadResidual: false, gradient, accumulate: true);
            gradCoarse.Dispose();
        }
        _stem.Backward(voxels, gradient, hadResidual: false, gradInput: null, accumulate: false);
        _gradJoined[Stages - 1].Dispose();
        Forget();
    }

    /// <summary>Multiply-adds of a forward pass over given voxels.</summary>
    public long MultiplyAdds(VoxelLevels voxels)
    {
        long sum = _head.MultiplyAdds(voxels);
        foreach (ConvolutionNorm unit in Units) sum += unit.Convolution.MultiplyAdds(voxels);
        return sum;
    }

    /// <summary>
    /// Bytes of activations that a training pass keeps for <see cref="Backward"/>: outputs of convolutions, which batch normalisation reads, and
    /// outputs of units, which the next convolutions read. Input and output of the network, which are the caller's, and kernel maps do not count.
    /// </summary>
    public long SavedActivationBytes(VoxelLevels voxels)
    {
        long floats = _stem.SavedFloats(voxels, hasTarget: true);
        for (int stage = 0; stage < Stages; stage++)
        {
            floats += (long)voxels[Stages - 1 - stage].Count * (s_decoder[stage] + SkipChannels(stage));
            floats += _down[stage].SavedFloats(voxels, hasTarget: false) + _encoderBlocks[stage].SavedFloats(voxels, hasTarget: stage < Stages - 1);
            floats += _up[stage].SavedFloats(voxels, hasTarget: true) + _decoderBlocks[stage].SavedFloats(voxels, hasTarget: false);
        }
        return floats * sizeof(float);
    }

    protected override void Dispose(bool disposing)
    {
        Forget();
        base.Dispose(disposing);
    }

    /// <summary>Channels of the skip connection that a decoder stage joins: the encoder's width on its level, the stem's on level 0.</summary>
    private static int SkipChannels(int stage) => stage == Stages - 1 ? StemChannels : s_encoder[Stages - 2 - stage];

    private Tensor Skip(int stage) => _joined[stage]!.Slice(s_decoder[stage], SkipChannels(stage));

    /// <summary>MinkowskiEngine's start: kernels and bias uniform in ±1/sqrt(n), n = Cin K³ (Cout K³ for transposed); normalisation weight 1, bias 0.</summary>
    private void Initialise(ulong seed)
    {
        for (int i = 0; i < Parameters.Count; i++)
        {
            Parameter parameter = Parameters[i];
            if (!parameter.Name.EndsWith(".kernel", StringComparison.Ordinal) && parameter.Name != "final.bias") continue;
            bool transposed = parameter.Name.StartsWith("convtr", StringComparison.Ordinal);
            int volume = parameter.Shape.Count == 3 ? parameter.Shape[0] : 1;
            int fan = parameter.Name == "final.bias" ? FeatureChannels : volume * (transposed ? parameter.Shape[^1] : parameter.Shape[^2]);
            double bound = 1 / Math.Sqrt(fan);
            float[] values = new float[parameter.Value.Rows * parameter.Value.Columns];
            new CounterRandom(seed, "initial weights", (ulong)i).FillUniform(values, -bound, bound);
            parameter.Value.CopyFrom(values);
        }
    }

    /// <summary>Gives back what a training pass kept.</summary>
    private void Forget()
    {
        _stem.Dispose();
        foreach (ConvolutionNorm unit in _down) unit.Dispose();
        foreach (ConvolutionNorm unit in _up) unit.Dispose();
        foreach (BasicBlock block in _encoderBlocks) block.Dispose();
        foreach (BasicBlock block in _decoderBlocks) block.Dispose();
        for (int stage = 0; stage < Stages; stage++)
        {
            _joined[stage]?.Dispose();
            _joined[stage] = null;
        }
        (_voxels, _features) = (null, null);
    }

    private ConvolutionNorm Unit(string convolution, string norm, ConvolutionKind kind, int level, int kernelSize, int inChannels, int outChannels) =>
        new(Device, new Convolution(this, convolution, kind, level, kernelSize, inChannels, outChannels),
            new BatchNormalisation(this, norm, outChannels, Momentum), relu: true);
}
