using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Projection;

namespace HiCorr.Pipeline.Scenes;

/// <summary>Points of one scene, in metres, in the recording's own coordinates.</summary>
public sealed class PointCloud
{
    private ProjectionPoints? _projected;

    /// <summary>x y z per point.</summary>
    public required float[] Positions { get; init; } // (N, 3)

    /// <summary>Red, green, blue per point, 0 to 255.</summary>
    public required byte[] Colors { get; init; } // (N, 3)

    /// <summary>Unit normals; zero where none could be estimated.</summary>
    public required float[] Normals { get; init; } // (N, 3)

    /// <summary>Three vertex indices per triangle; empty for a cloud without a mesh.</summary>
    public int[] Faces { get; init; } = []; // (F, 3)

    /// <summary>The file or folder that it was read from, for messages.</summary>
    public string Source { get; init; } = "the cloud";

    public int Count => Positions.Length / 3;

    /// <summary>Made once, as every frame of a scene asks for them; two threads that ask at once make the same.</summary>
    internal ProjectionPoints Projected => _projected ??= new ProjectionPoints(CpuDevice.Default, Positions);
}
