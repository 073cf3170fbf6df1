using BenchmarkDotNet.Attributes;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.BatchNorm;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Tensors;

namespace HiCorr.Benchmarks;

/// <summary>Batch normalisation with ReLU, and cross entropy against text, over rows of the finest level.</summary>
public class RowBenchmarks
{
    private const int Rows = 30_000, Channels = 96, Width = 512, Classes = 20;
    private readonly CpuDevice _device = new();
    private Tensor _x = null!, _y = null!, _gradient = null!, _statistics = null!, _weight = null!, _bias = null!, _features = null!, _gradFeatures = null!, _text = null!;
    private RowLabels _labels = null!;

    [GlobalSetup]
    public void Setup()
    {
        (_x, _y, _gradient) = (BenchmarkData.Uniform(_device, Rows, Channels, 1), _device.Memory.RentZeros(Rows, Channels), BenchmarkData.Uniform(_device, Rows, Channels, 2));
        (_statistics, _weight, _bias) = (_device.Memory.RentZeros(2, Channels), BenchmarkData.Uniform(_device, 1, Channels, 3), _device.Memory.RentZeros(1, Channels));
        (_features, _gradFeatures, _text) = (BenchmarkData.Uniform(_device, Rows, Width, 4), _device.Memory.RentZeros(Rows, Width), BenchmarkData.Uniform(_device, Classes, Width, 5));
        _labels = RowLabels.PerRow([.. Enumerable.Range(0, Rows).Select(row => row % Classes)], Classes);
    }

    [Benchmark]
    public void BatchNormForward()
    {
        BatchNorm.BatchStatistics(_device, _x, _statistics, _weight, _bias, 0);
        BatchNorm.Apply(_device, _x, _statistics, _weight, _bias, null, relu: true, _y);
    }

    [Benchmark]
    public void BatchNormBackward() => BatchNorm.Backward(_device, _x, _y, _statistics, _weight, true, _gradient, false, _weight, _bias, _y);

    [Benchmark]
    public double CrossEntropyAgainstText() => CrossEntropy.AgainstText(_device, _features, _text, null, _labels, _gradFeatures);

    [GlobalCleanup]
    public void Cleanup() => _device.Dispose();
}
