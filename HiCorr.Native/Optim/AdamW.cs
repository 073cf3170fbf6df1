using System.Numerics;
using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Optim;

/// <summary>
/// Adam with decoupled weight decay (Loshchilov, Hutter 2019) as torch.optim.AdamW does it, at step t = 1, 2, ...:
///   p *= 1 - lr weightDecay;  m = β1 m + (1 - β1) g;  v = β2 v + (1 - β2) g²;  p -= lr (m / (1 - β1^t)) / (sqrt(v / (1 - β2^t)) + eps).
/// It applies to every parameter, biases and normalisation included.
/// </summary>
public sealed partial class AdamW : IOptimiser
{
    private readonly Device _device;
    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly double _beta1;
    private readonly double _beta2;
    private readonly double _epsilon;
    private readonly double _weightDecay;
    private readonly StateBuffer[] _buffers; // m and v of parameter 0, of parameter 1, ...

    public AdamW(Device device, IReadOnlyList<Parameter> parameters, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0.01)
    {
        (_device, _parameters, _beta1, _beta2, _epsilon, _weightDecay) = (device, parameters, beta1, beta2, epsilon, weightDecay);
        // Named after what it moves: a checkpoint may hold several optimisers of this kind.
        Steps = new StateCounter($"{parameters[0].Name}.adamw_steps");
        _buffers = new StateBuffer[2 * parameters.Count];
        for (int i = 0; i < _buffers.Length; i++)
        {
            Parameter parameter = parameters[i / 2];
            _buffers[i] = new StateBuffer(parameter.Name + (i % 2 == 0 ? ".exp_avg" : ".exp_avg_sq"), parameter.Shape,
                device.Memory.RentZeros(parameter.Value.Rows, parameter.Value.Columns));
        }
    }

    /// <summary>t; part of the state, since the moments start from 0 and are corrected for it.</summary>
    public StateCounter Steps { get; }

    /// <summary>First and second moment of every parameter.</summary>
    public IReadOnlyList<StateBuffer> Buffers => _buffers;

    public void Step(double learningRate)
    {
        Steps.Value++;
        // The factors are rounded once, at the end: 1 - β2^t in single precision would lose most of its digits in the first steps.
        float stepSize = (float)(learningRate / (1 - Math.Pow(_beta1, Steps.Value))), correction = (float)(1 / Math.Sqrt(1 - Math.Pow(_beta2, Steps.Value)));
        for (int i = 0; i < _parameters.Count; i++)
        {
            Tensor first = _buffers[2 * i].Value, second = _buffers[(2 * i) + 1].Value;
            if (_device is CudaDevice cuda) StepCuda(cuda, _parameters[i], first, second, stepSize, correction, learningRate);
            else StepCpu((CpuDevice)_device, _parameters[i], first, second, stepSize, correction, learningRate);
        }
    }

    public void Dispose()
    {
        foreach (StateBuffer buffer in _buffers) buffer.Value.Dispose();
    }

    private unsafe void StepCpu(CpuDevice device, Parameter parameter, Tensor first, Tensor second, float stepSize, float correction, double learningRate)
    {
        long count = (long)parameter.Value.Rows * parameter.Value.Columns;
        var block = new StepBlock(parameter.Value.Data, parameter.Gradient.Data, first.Data, second.Data, count, stepSize, correction,
            (float)(1 - (learningRate * _weightDecay)), (float)_beta1, (float)(1 - _beta1), (float)_beta2, (float)(1 - _beta2), (float)_epsilon);
        device.Threads.For((int)((count + StepBlock.Size - 1) / StepBlock.Size), block);
    }

    private readonly unsafe struct StepBlock(float* value, float* gradient, float* first, float* second, long count, float stepSize, float correction, float decay,
        float keep1, float take1, float keep2, float take2, float epsilon) : IParallelBlock
    {
        public const int Size = 64 * 1024;

        public void Execute(int index)
        {
            long end = Math.Min(count, (index + 1L) * Size);
            long i = (long)index * Size;
            // Every lane does what the loop below does, rounding included: the bits do not depend on the width.
            Vector<float> vectorEpsilon = new(epsilon);
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> g = Vector.Load(gradient + i), m = (keep1 * Vector.Load(first + i)) + (take1 * g), v = (keep2 * Vector.Load(second + i)) + (take2 * g * g);
                m.Store(first + i);
                v.Store(second + i);
                ((Vector.Load(value + i) * decay) - (stepSize * m / ((Vector.SquareRoot(v) * correction) + vectorEpsilon))).Store(value + i);
            }
            for (; i < end; i++)
            {
                float g = gradient[i];
                first[i] = (keep1 * first[i]) + (take1 * g);
                second[i] = (keep2 * second[i]) + (take2 * g * g);
                value[i] = (value[i] * decay) - (stepSize * first[i] / ((MathF.Sqrt(second[i]) * correction) + epsilon));
            }
        }
    }
}
