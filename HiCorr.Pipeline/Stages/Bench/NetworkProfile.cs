using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Models;
using HiCorr.Native.Ops.BatchNorm;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Optim;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Pipeline.Stages.Bench;

/// <summary>
/// Times the ops of a training step one by one, on tensors of the network's shapes: their sum leaves out only what a step does between them. Values are
/// zeros, which cost what others do.
/// </summary>
internal sealed class NetworkProfile(MinkUNet14A network, VoxelLevels voxels, double peak, int repetitions, CancellationToken stop)
{
    private readonly Device _device = network.Device;
    private readonly SortedDictionary<(string Op, int Level), (double Seconds, double Gflop)> _parts = [];

    /// <summary>Sums by op and level, in that order.</summary>
    public IReadOnlyList<NetworkPart> Run(Tensor text, RowLabels pairs, IOptimiser optimiser, int[] rows)
    {
        foreach (ConvolutionNorm unit in network.Units)
        {
            Time(unit.Convolution, needsGradInput: unit.Convolution.InChannels != network.InChannels);
            TimeNorm(unit.Convolution);
        }
        Time(network.Head, needsGradInput: true);
        using (Tensor output = _device.Memory.RentZeros(voxels[0].Count, network.OutChannels))
            Add("cross entropy", -1, 4e-9 * text.Rows * output.Columns * output.Rows, () => CrossEntropy.AgainstText(_device, output, text, null, pairs, output));
        Add("optimiser", -1, 0, () => optimiser.Step(0));
        using VoxelLevels built = VoxelLevels.Build(_device, rows, MinkUNet14A.Levels);
        Add("kernel maps", -1, 0, () =>
        {
            built.Rebuild(rows);
            network.MultiplyAdds(built);
        });
        return [.. _parts.Select(part => new NetworkPart(part.Key.Op, part.Key.Level < 0 ? null : part.Key.Level, part.Value.Seconds, part.Value.Gflop,
            part.Value.Gflop / part.Value.Seconds / peak))];
    }

    private void Time(Convolution convolution, bool needsGradInput)
    {
        int level = LevelOf(convolution);
        double gflop = 2e-9 * convolution.MultiplyAdds(voxels);
        using Tensor input = _device.Memory.RentZeros(voxels[convolution.Level].Count, convolution.InChannels);
        using Tensor output = _device.Memory.RentZeros(convolution.OutputRows(voxels), convolution.OutChannels);
        string name = convolution.KernelSize == 1 ? "1x1x1 convolution" : "convolution";
        Add($"{name}, forward", level, gflop, () => convolution.Forward(voxels, input, output));
        Add($"{name}, to kernel", level, gflop, () => convolution.BackwardParameters(voxels, input, output));
        if (needsGradInput) Add($"{name}, to input", level, gflop, () => convolution.BackwardInput(voxels, output, input, accumulate: false));
    }

    private void TimeNorm(Convolution convolution)
    {
        int level = LevelOf(convolution), channels = convolution.OutChannels;
        using Tensor x = _device.Memory.RentZeros(convolution.OutputRows(voxels), channels), y = _device.Memory.RentZeros(x.Rows, channels);
        using Tensor statistics = _device.Memory.RentZeros(2, channels), mean = _device.Memory.RentZeros(1, channels), variance = _device.Memory.RentZeros(1, channels);
        Add("batch norm, forward", level, 0, () =>
        {
            BatchNorm.BatchStatistics(_device, x, statistics, mean, variance, 0.1f);
            BatchNorm.Apply(_device, x, statistics, mean, variance, null, relu: true, y);
        });
        Add("batch norm, backward", level, 0, () => BatchNorm.Backward(_device, x, y, statistics, mean, true, y, false, mean, variance, y));
    }

    private static int LevelOf(Convolution convolution) => convolution.Kind == ConvolutionKind.Up ? convolution.Level - 1 : convolution.Level;

    private void Add(string op, int level, double gflop, Action work)
    {
        MedianTime time = MedianTime.Of(_device, repetitions, stop, work);
        double seconds = _device is CpuDevice ? time.Processor : time.Wall;
        (double before, double gflopBefore) = _parts.GetValueOrDefault((op, level));
        _parts[(op, level)] = (before + seconds, gflopBefore + gflop);
    }
}
