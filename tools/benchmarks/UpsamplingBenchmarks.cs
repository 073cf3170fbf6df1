using BenchmarkDotNet.Attributes;
using HiCorr.Native.Random;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Benchmarks;

/// <summary>Class scores of 34 x 23 cells enlarged to 540 x 360 pixels, with confidence and entropy.</summary>
public class UpsamplingBenchmarks
{
    private const int Columns = 34, Rows = 23, Width = 540, Height = 360;
    private float[] _scores = [];
    private BilinearAxis _rows = null!, _columns = null!;

    [Params(24, 32)]
    public int Classes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _scores = new float[Rows * Columns * Classes];
        new CounterRandom(1, "benchmark").FillUniform(_scores, -3, 3);
        (_rows, _columns) = (BilinearAxis.Build(Height, (double)Rows / Height, 0, Rows), BilinearAxis.Build(Width, (double)Columns / Width, 0, Columns));
    }

    [Benchmark]
    public byte[] Label() => ScoreUpsampling.Label(_scores, false, Columns, Classes, Classes, _rows, _columns).Labels;
}
