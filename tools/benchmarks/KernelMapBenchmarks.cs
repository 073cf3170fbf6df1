using BenchmarkDotNet.Attributes;
using HiCorr.Native.Devices;
using HiCorr.Native.Voxels;

namespace HiCorr.Benchmarks;

/// <summary>Five levels of voxels and the maps between and within them.</summary>
public class KernelMapBenchmarks
{
    private readonly CpuDevice _device = new();
    private readonly int[] _rows = BenchmarkData.Voxels();
    private VoxelLevels _voxels = null!;

    [GlobalSetup]
    public void Setup() => _voxels = VoxelLevels.Build(_device, _rows);

    [Benchmark]
    public void Levels() => _voxels.Rebuild(_rows);

    [Benchmark]
    public void LevelsAndMaps()
    {
        _voxels.Rebuild(_rows);
        for (int level = 0; level < _voxels.Count; level++)
        {
            _voxels.Within(level, 3);
            if (level + 1 < _voxels.Count) _voxels.Down(level);
        }
    }

    [GlobalCleanup]
    public void Cleanup() => _device.Dispose();
}
