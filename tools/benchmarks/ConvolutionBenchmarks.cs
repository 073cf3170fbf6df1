using BenchmarkDotNet.Attributes;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.SparseConv;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Benchmarks;

/// <summary>The gather-GEMM of a 3x3x3 convolution within a level, forward and both ways back.</summary>
public class ConvolutionBenchmarks
{
    private readonly CpuDevice _device = new();
    private VoxelLevels _voxels = null!;
    private KernelMap _map = null!;
    private Tensor _input = null!, _output = null!, _kernel = null!, _gradKernel = null!, _gradInput = null!;

    [Params(32, 64, 96, 128, 256)]
    public int Channels { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _voxels = VoxelLevels.Build(_device, BenchmarkData.Voxels());
        _map = _voxels.Within(0, 3);
        (_input, _output) = (BenchmarkData.Uniform(_device, _map.InputRows, Channels, 1), BenchmarkData.Uniform(_device, _map.OutputRows, Channels, 2));
        (_kernel, _gradKernel) = (BenchmarkData.Uniform(_device, 27 * Channels, Channels, 3), _device.Memory.RentZeros(27 * Channels, Channels));
        _gradInput = _device.Memory.RentZeros(_map.InputRows, Channels);
        Console.WriteLine($"// {_map.InputRows} voxels, {2e-9 * _map.TotalPairs() * Channels * Channels:0.000} GFLOP, {_device.Threads.Threads} threads, {_device.Simd}");
    }

    [Benchmark]
    public void Forward() => SparseConv.Forward(_device, _map, false, _input, _kernel, _output);

    [Benchmark]
    public void BackwardInput() => SparseConv.BackwardInput(_device, _map, false, _output, _kernel, _gradInput, accumulate: false);

    [Benchmark]
    public void BackwardKernel() => SparseConv.BackwardKernel(_device, _map, false, _input, _output, _gradKernel);

    [GlobalCleanup]
    public void Cleanup() => _device.Dispose();
}
