using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Layers;

/// <summary>
/// Convolution, batch normalisation, and if wanted a residual sum and a ReLU: the unit that MinkUNet is made of. After a training pass it keeps
/// what its backward pass needs and gives it back there.
/// </summary>
public sealed class ConvolutionNorm(Device device, Convolution convolution, BatchNormalisation norm, bool relu) : IDisposable
{
    private Tensor? _input; // not owned
    private Tensor? _convolved; // (N, Cout)
    private Tensor? _statistics; // (2, Cout)
    private Tensor? _output; // not owned if it was given

    private bool _ownsOutput;

    public Convolution Convolution { get; } = convolution;

    /// <summary>The output, in <paramref name="target"/> if given; else a tensor that is the caller's, except after a training pass.</summary>
    /// <param name="voxels">Levels of the batch.</param>
    /// <param name="input">(Nin, Cin); must live until <see cref="Backward"/> in training.</param>
    /// <param name="residual">(Nout, Cout), added before the ReLU.</param>
    /// <param name="target">(Nout, Cout), for example some columns of a concatenation.</param>
    /// <param name="training">Whether to use the batch's statistics and to keep what the backward pass needs.</param>
    public Tensor Forward(VoxelLevels voxels, Tensor input, Tensor? residual, Tensor? target, bool training)
    {
        Dispose();
        int rows = Convolution.OutputRows(voxels);
        Tensor convolved = target is not null && !training ? target : device.Memory.Rent(rows, Convolution.OutChannels);
        Convolution.Forward(voxels, input, convolved);
        Tensor output = training ? target ?? device.Memory.Rent(rows, Convolution.OutChannels) : convolved;
        Tensor statistics = norm.Forward(convolved, residual, relu, training, output);
        if (training)
        {
            (_input, _convolved, _statistics, _output, _ownsOutput) = (input, convolved, statistics, output, target is null);
        }
        else
        {
            statistics.Dispose();
        }
        return output;
    }

    /// <summary>
    /// Adds to the parameters' gradients; gradInput, unless null, = or += the input's gradient. Without residual gradOutput is used up; with
    /// residual it becomes the residual's gradient.
    /// </summary>
    public void Backward(VoxelLevels voxels, Tensor gradOutput, bool hadResidual, Tensor? gradInput, bool accumulate)
    {
        if (_input is null || _convolved is null || _statistics is null || _output is null)
            throw new InvalidOperationException("Backward without a training pass before it.");
        Tensor gradConvolved = hadResidual ? device.Memory.Rent(gradOutput.Rows, gradOutput.Columns) : gradOutput;
        norm.Backward(_convolved, relu ? _output : null, _statistics, gradOutput, hadResidual, gradConvolved);
        _convolved.Dispose();
        Convolution.Backward(voxels, _input, gradConvolved, gradInput, accumulate);
        if (hadResidual) gradConvolved.Dispose();
        Dispose();
    }

    /// <summary>Floats that a training pass keeps: the convolution's output, the statistics, and the unit's output if it went into no target.</summary>
    public long SavedFloats(VoxelLevels voxels, bool hasTarget) =>
        (((hasTarget ? 1L : 2L) * Convolution.OutputRows(voxels)) + 2) * Convolution.OutChannels;

    public void Dispose()
    {
        _convolved?.Dispose();
        _statistics?.Dispose();
        if (_ownsOutput) _output?.Dispose();
        _input = _convolved = _statistics = _output = null;
    }
}
