using BenchmarkDotNet.Attributes;
using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Segmentation;

namespace HiCorr.Benchmarks;

/// <summary>A mesh of 90,000 vertices: over-segmentation, writing and reading it as PLY.</summary>
public class MeshBenchmarks
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"hicorr-benchmark-{Environment.ProcessId}.ply");
    private float[] _positions = [];
    private int[] _faces = [];

    [GlobalSetup]
    public void Setup()
    {
        (_positions, _faces) = BenchmarkData.Surface(300);
        WritePly();
        Console.WriteLine($"// {new FileInfo(_path).Length / 1e6:0.0} MB");
    }

    [Benchmark]
    public int[] Oversegment() => MeshSegmentation.Segment(_positions, _faces, new SegmentationOptions());

    [Benchmark]
    public PlyFile ReadPly() => PlyReader.Read(_path);

    [Benchmark]
    public void WritePly() => PlyWriter.Write(_path, new PlyContent { Positions = _positions, Faces = _faces });

    [GlobalCleanup]
    public void Cleanup() => File.Delete(_path);
}
