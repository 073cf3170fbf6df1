using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;

namespace HiCorr.Native.Cuda;

/// <summary>
/// The multiply-add rate that a device reaches when nothing but multiply-adds in registers is to be done: on its ordinary cores in float32, on its
/// tensor cores by mma.sync in the other precisions. Warp-group products of Hopper (wgmma), which no kernel here uses, are faster still.
/// </summary>
public static class CudaPeak
{
    private const int Threads = 256, Warps = Threads / 32, BlocksPerMultiprocessor = 8, Chains = 8; // Chains: as peak.cu has them
    private const int Repetitions = 5;
    private const double LongEnough = 2e-3; // seconds, beside which a launch is nothing
    private const long MostRounds = 1 << 20;

    /// <summary>GFLOP/s in the device's precision, the best of several tries; a multiply-add counts as two.</summary>
    /// <param name="device">Measured while it does nothing else.</param>
    public static double Measure(CudaDevice device)
    {
        int blocks = BlocksPerMultiprocessor * device.Driver.Properties.Multiprocessors;
        double flopOfRound = 2.0 * Chains * blocks * (device.Precision switch
        {
            Precision.Fp32 => Threads,
            Precision.Tf32 => Warps * 16 * 8 * 8,
            _ => Warps * 16 * 8 * 16,
        });
        using Tensor results = device.Memory.Rent(blocks, Threads);
        var clock = new CudaClock(device);
        long rounds = 1;
        Run(device, results, rounds, blocks); // compiles the kernel
        while (rounds < MostRounds && clock.Time(() => Run(device, results, rounds, blocks)) < LongEnough) rounds *= 4;
        double best = 0;
        for (int i = 0; i < Repetitions; i++) best = Math.Max(best, rounds * flopOfRound / clock.Time(() => Run(device, results, rounds, blocks)) / 1e9);
        return best;
    }

    private static unsafe void Run(CudaDevice device, Tensor results, long rounds, int blocks)
    {
        KernelArguments arguments = default;
        arguments.Add(results.Data).Add(rounds);
        device.Launch("peak", $"peak_{device.Precision.ToString().ToLowerInvariant()}", new LaunchShape(blocks, Threads), ref arguments);
    }
}
