using System.Numerics;
using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Optim;

/// <summary>
/// Stochastic gradient descent as torch.optim.SGD does it: g = grad + weightDecay p; in the first step buf = g, later buf = momentum buf +
/// (1 - dampening) g; p -= lr buf. It applies to every parameter, biases and normalisation included.
/// </summary>
public sealed partial class Sgd : IOptimiser
{
    private readonly Device _device;
    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly float _momentum;
    private readonly float _dampening;
    private readonly float _weightDecay;
    private readonly StateBuffer[] _buffers;

    public Sgd(Device device, IReadOnlyList<Parameter> parameters, float momentum = 0.9f, float dampening = 0.1f, float weightDecay = 1e-4f)
    {
        (_device, _parameters, _momentum, _dampening, _weightDecay) = (device, parameters, momentum, dampening, weightDecay);
        _buffers = new StateBuffer[parameters.Count];
        for (int i = 0; i < _buffers.Length; i++)
        {
            Tensor value = parameters[i].Value;
            _buffers[i] = new StateBuffer(parameters[i].Name + ".momentum_buffer", parameters[i].Shape, device.Memory.RentZeros(value.Rows, value.Columns));
        }
    }

    /// <summary>Steps done; part of the state, since the first one differs.</summary>
    public StateCounter Steps { get; } = new("sgd.steps");

    /// <summary>Momentum buffers, one a parameter.</summary>
    public IReadOnlyList<StateBuffer> Buffers => _buffers;

    /// <summary>One step along the gradients, which stay as they are.</summary>
    public void Step(double learningRate)
    {
        for (int i = 0; i < _parameters.Count; i++)
        {
            if (_device is CudaDevice cuda) StepCuda(cuda, _parameters[i], _buffers[i].Value, (float)learningRate, Steps.Value == 0);
            else StepCpu((CpuDevice)_device, _parameters[i], _buffers[i].Value, (float)learningRate, Steps.Value == 0);
        }
        Steps.Value++;
    }

    public void Dispose()
    {
        foreach (StateBuffer buffer in _buffers) buffer.Value.Dispose();
    }

    private unsafe void StepCpu(CpuDevice device, Parameter parameter, Tensor buffer, float learningRate, bool first)
    {
        long count = (long)parameter.Value.Rows * parameter.Value.Columns;
        var block = new StepBlock(parameter.Value.Data, parameter.Gradient.Data, buffer.Data, count, learningRate, first ? 0 : _momentum,
            first ? 1 : 1 - _dampening, _weightDecay);
        device.Threads.For((int)((count + StepBlock.Size - 1) / StepBlock.Size), block);
    }

    private readonly unsafe struct StepBlock(float* value, float* gradient, float* buffer, long count, float learningRate, float keep, float take, float decay)
        : IParallelBlock
    {
        public const int Size = 64 * 1024;

        public void Execute(int index)
        {
            long end = Math.Min(count, (index + 1L) * Size);
            long i = (long)index * Size;
            // Every lane does what the loop below does, rounding included: the bits do not depend on the width.
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> p = Vector.Load(value + i), b = (keep * Vector.Load(buffer + i)) + (take * (Vector.Load(gradient + i) + (decay * p)));
                b.Store(buffer + i);
                (p - (learningRate * b)).Store(value + i);
            }
            for (; i < end; i++)
            {
                float g = gradient[i] + (decay * value[i]);
                buffer[i] = (keep * buffer[i]) + (take * g);
                value[i] -= learningRate * buffer[i];
            }
        }
    }
}
