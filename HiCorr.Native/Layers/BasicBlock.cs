using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Layers;

/// <summary>
/// Residual block: y = relu(norm2(conv2(relu(norm1(conv1(x))))) + shortcut(x)), with 3x3x3 convolutions; the shortcut is the identity, or a
/// normalised 1x1x1 convolution where the number of channels changes.
/// </summary>
public sealed class BasicBlock : IDisposable
{
    /// <summary>Momentum of norm1 and norm2; CLIP2Scene's builder passes its own value to the shortcut only.</summary>
    private const float InnerMomentum = 0.1f;

    private readonly Device _device;
    private readonly ConvolutionNorm _first;
    private readonly ConvolutionNorm _second;
    private readonly ConvolutionNorm? _shortcut;

    /// <param name="network">Owner of the parameters.</param>
    /// <param name="name">Prefix of the parameters' names, for example "block1.0".</param>
    /// <param name="level">Level it works on.</param>
    /// <param name="inChannels">Cin.</param>
    /// <param name="outChannels">Cout.</param>
    /// <param name="shortcutMomentum">Momentum of the shortcut's normalisation.</param>
    public BasicBlock(Network network, string name, int level, int inChannels, int outChannels, float shortcutMomentum)
    {
        _device = network.Device;
        _first = Unit(network, name + ".conv1", name + ".norm1.bn", level, 3, inChannels, outChannels, InnerMomentum, relu: true);
        _second = Unit(network, name + ".conv2", name + ".norm2.bn", level, 3, outChannels, outChannels, InnerMomentum, relu: true);
        if (inChannels != outChannels)
            _shortcut = Unit(network, name + ".downsample.0", name + ".downsample.1.bn", level, 1, inChannels, outChannels, shortcutMomentum, relu: false);
    }

    /// <summary>Every unit of the block; the second is the one with the residual sum.</summary>
    public IEnumerable<ConvolutionNorm> Units => _shortcut is null ? [_first, _second] : [_first, _second, _shortcut];

    /// <summary>The output, in <paramref name="target"/> if given; else a tensor that is the caller's, except after a training pass.</summary>
    public Tensor Forward(VoxelLevels voxels, Tensor input, Tensor? target, bool training)
    {
        Tensor inner = _first.Forward(voxels, input, residual: null, target: null, training);
        Tensor? shortcut = _shortcut?.Forward(voxels, input, residual: null, target: null, training);
        Tensor output = _second.Forward(voxels, inner, shortcut ?? input, target, training);
        if (!training)
        {
            inner.Dispose();
            shortcut?.Dispose();
        }
        return output;
    }

    /// <summary>Adds to the parameters' gradients, uses gradOutput up and returns the input's gradient, which is the caller's.</summary>
    public Tensor Backward(VoxelLevels voxels, Tensor gradOutput)
    {
        Tensor gradInner = _device.Memory.Rent(gradOutput.Rows, _second.Convolution.InChannels);
        _second.Backward(voxels, gradOutput, hadResidual: true, gradInner, accumulate: false);
        Tensor gradInput = _device.Memory.Rent(gradOutput.Rows, _first.Convolution.InChannels);
        if (_shortcut is null)
            gradInput.CopyFrom(gradOutput);
        else
            _shortcut.Backward(voxels, gradOutput, hadResidual: false, gradInput, accumulate: false);
        _first.Backward(voxels, gradInner, hadResidual: false, gradInput, accumulate: true);
        gradInner.Dispose();
        return gradInput;
    }

    /// <inheritdoc cref="ConvolutionNorm.SavedFloats"/>
    public long SavedFloats(VoxelLevels voxels, bool hasTarget) =>
        _first.SavedFloats(voxels, hasTarget: false) + _second.SavedFloats(voxels, hasTarget) + (_shortcut?.SavedFloats(voxels, hasTarget: false) ?? 0);

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
        _shortcut?.Dispose();
    }

    private static ConvolutionNorm Unit(Network network, string convolution, string norm, int level, int kernelSize, int inChannels, int outChannels,
        float momentum, bool relu) =>
        new(network.Device, new Convolution(network, convolution, ConvolutionKind.Within, level, kernelSize, inChannels, outChannels),
            new BatchNormalisation(network, norm, outChannels, momentum), relu);
}
