using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Ops.Linear;

/// <summary>
/// A product with a weight matrix, which is also the 1x1x1 convolution:
///   output = input @ weight [+ bias] [+ residual]            input (N, Cin), weight (Cin, Cout), bias (1, Cout), output, residual (N, Cout)
/// Gradients:  gradInput = gradOutput @ weight^T,  gradWeight += input^T gradOutput,  gradBias += column sums of gradOutput,
/// and the residual's gradient is gradOutput.
/// Saved for backward: the input.
/// </summary>
public static partial class Linear
{
    /// <summary>output = input @ weight + bias + residual; no bias and no residual when null. The output may not be the residual.</summary>
    public static void Forward(Device device, Tensor input, Tensor weight, Tensor? bias, Tensor output, Tensor? residual = null)
    {
        Check(input, weight, bias, output);
        if ((residual ?? output).Rows != output.Rows || (residual ?? output).Columns != output.Columns)
            throw new ArgumentException($"output is {output.Rows} x {output.Columns}, residual {residual?.Rows} x {residual?.Columns}");
        if (device is CudaDevice cuda) ForwardCuda(cuda, input, weight, bias, output, residual);
        else ForwardCpu((CpuDevice)device, input, weight, bias, output, residual);
    }

    /// <summary>gradInput = gradient of the input, or gradInput += it when <paramref name="accumulate"/>.</summary>
    public static void BackwardInput(Device device, Tensor gradOutput, Tensor weight, Tensor gradInput, bool accumulate)
    {
        Check(gradInput, weight, null, gradOutput);
        if (device is CudaDevice cuda) BackwardInputCuda(cuda, gradOutput, weight, gradInput, accumulate);
        else BackwardInputCpu((CpuDevice)device, gradOutput, weight, gradInput, accumulate);
    }

    /// <summary>gradWeight += gradient of the weight, gradBias (unless null) += gradient of the bias.</summary>
    public static void BackwardWeight(Device device, Tensor input, Tensor gradOutput, Tensor gradWeight, Tensor? gradBias)
    {
        Check(input, gradWeight, gradBias, gradOutput);
        if (device is CudaDevice cuda) BackwardWeightCuda(cuda, input, gradOutput, gradWeight, gradBias);
        else BackwardWeightCpu((CpuDevice)device, input, gradOutput, gradWeight, gradBias);
    }

    private static void Check(Tensor input, Tensor weight, Tensor? bias, Tensor output)
    {
        if (input.Rows != output.Rows || weight.Rows != input.Columns || weight.Columns != output.Columns || (bias ?? output).Columns != output.Columns)
            throw new ArgumentException($"input {input.Rows} x {input.Columns}, weight {weight.Rows} x {weight.Columns}, bias of {bias?.Columns} and output " +
                $"{output.Rows} x {output.Columns} do not fit");
    }
}
