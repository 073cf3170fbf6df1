namespace HiCorr.Pipeline.Formats.Ply;

/// <summary>What <see cref="PlyWriter"/> writes. Properties come in this order; what is null or empty is left out.</summary>
public sealed class PlyContent
{
    /// <summary>float x, y, z. (N, 3)</summary>
    public required float[] Positions { get; init; }

    /// <summary>float nx, ny, nz. (N, 3)</summary>
    public float[]? Normals { get; init; }

    /// <summary>uchar red, green, blue. (N, 3)</summary>
    public byte[]? Colors { get; init; }

    /// <summary>uchar alpha, 255 everywhere, as in ScanNet's files.</summary>
    public bool Alpha { get; init; }

    /// <summary>uchar label. (N)</summary>
    public byte[]? Labels { get; init; }

    /// <summary>ushort label, as in ScanNet's label files; instead of <see cref="Labels"/>. (N)</summary>
    public ushort[]? WideLabels { get; init; }

    /// <summary>float confidence. (N)</summary>
    public float[]? Confidence { get; init; }

    /// <summary>Triangles. (F, 3)</summary>
    public int[] Faces { get; init; } = [];

    /// <summary>Lines for the header, for example where the points come from.</summary>
    public IReadOnlyList<string> Comments { get; init; } = [];

    public int Count => Positions.Length / 3;
}
