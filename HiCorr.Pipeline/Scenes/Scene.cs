namespace HiCorr.Pipeline.Scenes;

/// <summary>One scene: its cloud or mesh, its posed frames, and the ground truth where there is one.</summary>
public sealed class Scene
{
    public required string Name { get; init; }
    public required PointCloud Cloud { get; init; }
    public required IReadOnlyList<Frame> Frames { get; init; }

    /// <summary>Class index per point in the data set's own class list, <see cref="ClassList.None"/> = unlabelled; null without ground truth.</summary>
    public byte[]? GroundTruth { get; init; } // (N)

    /// <summary>Over-segment id per point as shipped with the scene; null where it ships none.</summary>
    public int[]? ShippedSegments { get; init; } // (N)

    /// <summary>Unit vector that points up in the recording's coordinates.</summary>
    public (float X, float Y, float Z) Up { get; init; } = (0, 0, 1);
}
