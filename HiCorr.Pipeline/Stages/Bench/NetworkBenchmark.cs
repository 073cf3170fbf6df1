using HiCorr.Native.Devices;
using HiCorr.Native.Models;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Optim;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;
using HiCorr.Pipeline.Formats.Npy;

namespace HiCorr.Pipeline.Stages.Bench;

/// <summary>Times MinkUNet14A (3 → 512) on given voxels: inference, and a training step of forward, cross entropy against 20 classes, backward and SGD.</summary>
public static class NetworkBenchmark
{
    private const int InChannels = 3, OutChannels = 512, Classes = 20;

    /// <summary>Voxel rows (batch, x, y, z) of an npy file, int32 (N, 3), all of one batch item, or of a room made here (<see cref="BenchRoom"/>).</summary>
    /// <exception cref="InputException">The file is missing, damaged or holds no voxels.</exception>
    public static int[] ReadVoxels(string voxelFile)
    {
        if (voxelFile.StartsWith(BenchRoom.Prefix, StringComparison.Ordinal)) return BenchRoom.Rows(voxelFile);
        NpyArray<int> file = NpyReader.ReadInts(voxelFile, -1, 3);
        int count = file.Shape[0];
        if (count == 0) throw new InputException(voxelFile, null, "at least one voxel", "none");
        int[] rows = new int[count * 4];
        for (int i = 0; i < count; i++) file.Data.AsSpan(3 * i, 3).CopyTo(rows.AsSpan((4 * i) + 1));
        return rows;
    }

    /// <param name="voxelFile">npy, int32 (N, 3): voxels of one batch item.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="repetitions">Timed runs of each kind; medians are reported.</param>
    /// <param name="profile">Whether to time the ops one by one, too.</param>
    /// <param name="stop">Ends the benchmark between runs.</param>
    /// <exception cref="InputException">The file is missing, damaged or holds no voxels.</exception>
    public static NetworkTimes Run(string voxelFile, Device device, int repetitions, bool profile, CancellationToken stop)
    {
        int[] rows = ReadVoxels(voxelFile);

        using var network = new MinkUNet14A(device, InChannels, OutChannels);
        using var optimiser = new Sgd(device, network.Parameters);
        using VoxelLevels sample = VoxelLevels.Build(device, rows, MinkUNet14A.Levels);
        using Tensor features = BenchDevice.Uniform(device, sample[0].Count, InChannels, "features");
        using Tensor text = BenchDevice.Uniform(device, Classes, OutChannels, "text");
        int[] labels = new int[sample[0].Count];
        var random = new CounterRandom(0, "bench labels");
        for (int i = 0; i < labels.Length; i++) labels[i] = random.Integer((ulong)i, Classes);
        RowLabels pairs = RowLabels.PerRow(labels, Classes);

        using VoxelLevels voxels = VoxelLevels.Build(device, rows, MinkUNet14A.Levels);
        MedianTime maps = MedianTime.Of(device, repetitions, stop, () =>
        {
            voxels.Rebuild(rows);
            network.MultiplyAdds(voxels); // asks for every map
        });
        MedianTime inference = MedianTime.Of(device, repetitions, stop, () =>
        {
            voxels.Rebuild(rows);
            network.Forward(voxels, features, training: false).Dispose();
        });
        voxels.Dispose();
        device.Memory.ResetPeak();
        long allocated = 0;
        MedianTime trainStep = MedianTime.Of(device, repetitions, stop, () =>
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            using (device.Memory.BeginStep())
            {
                voxels.Rebuild(rows);
                network.ClearGradients();
                using Tensor output = network.Forward(voxels, features, training: true);
                CrossEntropy.AgainstText(device, output, text, null, pairs, gradFeatures: output);
                network.Backward(output);
                optimiser.Step(1e-3);
                voxels.Dispose();
            }
            allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        });
        long peakMemory = device.Memory.PeakBytes;
        double usefulGflop = 2e-9 * network.MultiplyAdds(sample), peak = BenchDevice.Peak(device);
        var bench = BenchDevice.Of(device);
        double peakOfCore = peak / bench.Threads;
        return new NetworkTimes
        {
            Device = bench.Device,
            Arithmetic = bench.Arithmetic,
            Threads = bench.Threads,
            Voxels = sample[0].Count,
            Repetitions = repetitions,
            MapSeconds = maps.Wall,
            InferenceSeconds = inference.Wall,
            TrainStepSeconds = trainStep.Wall,
            InferenceSpreadSeconds = inference.Spread,
            TrainStepSpreadSeconds = trainStep.Spread,
            MapProcessorSeconds = maps.Processor,
            InferenceProcessorSeconds = inference.Processor,
            TrainStepProcessorSeconds = trainStep.Processor,
            UsefulGflop = usefulGflop,
            FmaPeakGflops = peak,
            Efficiency = usefulGflop / inference.Wall / peak,
            TrainEfficiency = 3 * usefulGflop / trainStep.Wall / peak,
            ProcessorEfficiency = device is CpuDevice ? usefulGflop / inference.Processor / peakOfCore : null,
            TrainProcessorEfficiency = device is CpuDevice ? 3 * usefulGflop / trainStep.Processor / peakOfCore : null,
            PeakMemoryBytes = peakMemory,
            SavedActivationBytes = network.SavedActivationBytes(sample),
            ManagedBytesPerStep = allocated,
            Parts = profile ? new NetworkProfile(network, sample, device is CpuDevice ? peakOfCore : peak, repetitions, stop).Run(text, pairs, optimiser, rows) : null,
        };
    }
}
