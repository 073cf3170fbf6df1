using HiCorr.Native.Ops.Linear;
using HiCorr.Native.Ops.SparseConv;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Native.Layers;

/// <summary>Where a convolution leads.</summary>
public enum ConvolutionKind
{
    /// <summary>Within a level: stride 1.</summary>
    Within,

    /// <summary>To the next coarser level: kernel 2, stride 2.</summary>
    Down,

    /// <summary>Back to the next finer level: kernel 2, stride 2, transposed.</summary>
    Up,
}

/// <summary>A sparse convolution with its kernel and, if wanted, a bias (kernel size 1 only).</summary>
public sealed class Convolution
{
    /// <param name="network">Owner of the parameters.</param>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="kind">Where it leads.</param>
    /// <param name="level">Level of its input.</param>
    /// <param name="kernelSize">1, 3 or 5 within a level, 2 between levels.</param>
    /// <param name="inChannels">Cin.</param>
    /// <param name="outChannels">Cout.</param>
    /// <param name="hasBias">Whether to add a bias.</param>
    public Convolution(Network network, string name, ConvolutionKind kind, int level, int kernelSize, int inChannels, int outChannels, bool hasBias = false)
    {
        if (hasBias && kernelSize != 1) throw new ArgumentException("Only a 1x1x1 convolution has a bias here.", nameof(hasBias));
        (Kind, Level, KernelSize) = (kind, level, kernelSize);
        int volume = kernelSize * kernelSize * kernelSize;
        Kernel = volume == 1
            ? network.AddParameter(name + ".kernel", inChannels, outChannels)
            : network.AddParameter(name + ".kernel", volume, inChannels, outChannels);
        Bias = hasBias ? network.AddParameter(name + ".bias", 1, outChannels) : null;
        Network = network;
        (InChannels, OutChannels) = (inChannels, outChannels);
    }

    public ConvolutionKind Kind { get; }

    public int Level { get; }

    public int KernelSize { get; }

    public int InChannels { get; }

    public int OutChannels { get; }

    public Parameter Kernel { get; }

    public Parameter? Bias { get; }

    private Network Network { get; }

    /// <summary>Rows of the output for given voxels.</summary>
    public int OutputRows(VoxelLevels voxels) => voxels[Kind switch
    {
        ConvolutionKind.Down => Level + 1,
        ConvolutionKind.Up => Level - 1,
        _ => Level,
    }].Count;

    /// <summary>output = convolution of input.</summary>
    public void Forward(VoxelLevels voxels, Tensor input, Tensor output)
    {
        if (KernelSize == 1) Linear.Forward(Network.Device, input, Kernel.Value, Bias?.Value, output);
        else SparseConv.Forward(Network.Device, Map(voxels), Kind == ConvolutionKind.Up, input, Kernel.Value, output);
    }

    /// <summary>Adds to the parameters' gradients; gradInput, unless null, = or += the input's gradient.</summary>
    public void Backward(VoxelLevels voxels, Tensor input, Tensor gradOutput, Tensor? gradInput, bool accumulate)
    {
        BackwardParameters(voxels, input, gradOutput);
        if (gradInput is not null) BackwardInput(voxels, gradOutput, gradInput, accumulate);
    }

    /// <summary>Adds to the parameters' gradients.</summary>
    public void BackwardParameters(VoxelLevels voxels, Tensor input, Tensor gradOutput)
    {
        if (KernelSize == 1) Linear.BackwardWeight(Network.Device, input, gradOutput, Kernel.Gradient, Bias?.Gradient);
        else SparseConv.BackwardKernel(Network.Device, Map(voxels), Kind == ConvolutionKind.Up, input, gradOutput, Kernel.Gradient);
    }

    /// <summary>gradInput = or += the input's gradient.</summary>
    public void BackwardInput(VoxelLevels voxels, Tensor gradOutput, Tensor gradInput, bool accumulate)
    {
        if (KernelSize == 1) Linear.BackwardInput(Network.Device, gradOutput, Kernel.Value, gradInput, accumulate);
        else SparseConv.BackwardInput(Network.Device, Map(voxels), Kind == ConvolutionKind.Up, gradOutput, Kernel.Value, gradInput, accumulate);
    }

    /// <summary>Multiply-adds of the forward pass, from the pairs that exist.</summary>
    public long MultiplyAdds(VoxelLevels voxels) =>
        (KernelSize == 1 ? voxels[Level].Count : Map(voxels).TotalPairs()) * InChannels * OutChannels;

    private KernelMap Map(VoxelLevels voxels) => Kind switch
    {
        ConvolutionKind.Down => voxels.Down(Level),
        ConvolutionKind.Up => voxels.Down(Level - 1),
        _ => voxels.Within(Level, KernelSize),
    };
}
