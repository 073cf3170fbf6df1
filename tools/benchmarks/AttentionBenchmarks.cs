using BenchmarkDotNet.Attributes;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Tensors;

namespace HiCorr.Benchmarks;

/// <summary>Attention of one sequence, width 512, 8 heads.</summary>
public class AttentionBenchmarks
{
    private const int Width = 512, Heads = 8;
    private readonly CpuDevice _device = new();
    private Tensor _q = null!, _k = null!, _v = null!, _output = null!, _logSumExp = null!, _gradient = null!, _gradQ = null!, _gradK = null!, _gradV = null!;
    private RowSegments _whole = null!;

    [Params(1024, 4096)]
    public int Tokens { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        (_q, _k, _v, _gradient) = (Uniform(1), Uniform(2), Uniform(3), Uniform(4));
        (_output, _gradQ, _gradK, _gradV) = (Uniform(5), Uniform(6), Uniform(7), Uniform(8));
        _logSumExp = _device.Memory.RentZeros(Heads, Tokens);
        _whole = RowSegments.Whole(Tokens);
        Forward();
    }

    [Benchmark]
    public void Forward() => Attention.Forward(_device, _q, _k, _v, _whole, Heads, _output, _logSumExp);

    [Benchmark]
    public void Backward() => Attention.Backward(_device, _q, _k, _v, _whole, Heads, _output, _logSumExp, _gradient, _gradQ, _gradK, _gradV);

    [GlobalCleanup]
    public void Cleanup() => _device.Dispose();

    private Tensor Uniform(ulong seed) => BenchmarkData.Uniform(_device, Tokens, Width, seed);
}
