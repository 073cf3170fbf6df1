using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;

namespace HiCorr.Pipeline.Stages.Bench;

/// <summary>What is timed, where, and against which peak.</summary>
/// <param name="Device">cpu, or the GPU's name.</param>
/// <param name="Arithmetic">The processor's instructions (Portable, Vector256, Vector512), or the precision of products on a GPU.</param>
/// <param name="Threads">Of the processor.</param>
public sealed record BenchDevice(string Device, string Arithmetic, int Threads)
{
    public static BenchDevice Of(Device device) => device is CudaDevice cuda
        ? new BenchDevice(cuda.Driver.Properties.Name, cuda.Precision.ToString().ToLowerInvariant(), device.Host.Threads.Threads)
        : new BenchDevice("cpu", device.Host.Simd.ToString(), device.Host.Threads.Threads);

    /// <summary>GFLOP/s of multiply-adds in registers alone.</summary>
    internal static double Peak(Device device) => device is CudaDevice cuda ? CudaPeak.Measure(cuda) : FmaPeak.Measure(device.Host);

    /// <summary>Values from -1 to 1.</summary>
    internal static Tensor Uniform(Device device, int rows, int columns, string purpose)
    {
        Tensor tensor = device.Memory.Rent(rows, columns);
        float[] values = new float[rows * columns];
        new CounterRandom(0, "bench " + purpose).FillUniform(values, -1, 1);
        tensor.CopyFrom(values);
        return tensor;
    }
}
