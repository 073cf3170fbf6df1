using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Optim;

/// <summary>
/// The factor of the losses that keeps gradients inside the range of float16 (Micikevicius et al. 2018), by the rule of torch.amp.GradScaler: it halves
/// when a gradient overflows, whose step is left out, and doubles after 2000 steps without one.
/// </summary>
public sealed partial class LossScale : IOptimiserState, IDisposable
{
    private const float First = 65536, Largest = 16777216;
    private const int StepsToGrow = 2000;
    private readonly Device _device;
    private readonly StateBuffer _scale;

    public LossScale(Device device)
    {
        _device = device;
        _scale = new StateBuffer("loss_scale", [1], device.Host.Memory.Rent(1, 1));
        _scale.Value.Fill(First);
    }

    /// <summary>Losses are to be multiplied by it before the backward pass.</summary>
    public float Value => _scale.Value.Span[0];

    /// <summary>Steps since it changed last.</summary>
    public StateCounter Steps { get; } = new("loss_scale.steps");

    public IReadOnlyList<StateBuffer> Buffers => [_scale];

    /// <summary>One where the device's products are in float16, else null.</summary>
    public static LossScale? For(Device device) => device is CudaDevice { Precision: Precision.Fp16 } ? new LossScale(device) : null;

    /// <summary>Divides the gradients by the scale. False where one of them is not finite: the step is to be left out, and the scale is half of what it was.</summary>
    public bool Unscale(IReadOnlyList<Parameter> parameters)
    {
        bool isFinite = _device is CudaDevice cuda ? UnscaleCuda(cuda, parameters, 1 / Value) : UnscaleCpu(parameters, 1 / Value);
        Steps.Value = isFinite ? Steps.Value + 1 : 0;
        if (!isFinite) _scale.Value.Fill(Value / 2);
        else if (Steps.Value == StepsToGrow)
        {
            _scale.Value.Fill(Math.Min(2 * Value, Largest));
            Steps.Value = 0;
        }
        return isFinite;
    }

    public void Dispose() => _scale.Value.Dispose();

    private static bool UnscaleCpu(IReadOnlyList<Parameter> parameters, float factor)
    {
        bool isFinite = true;
        foreach (Parameter parameter in parameters)
            foreach (ref float gradient in parameter.Gradient.Span)
            {
                gradient *= factor;
                isFinite &= float.IsFinite(gradient);
            }
        return isFinite;
    }
}
