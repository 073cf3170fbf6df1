using System.Buffers.Binary;

namespace HiCorr.Pipeline.Formats.Sens;

/// <summary>How colour images are stored in a <c>.sens</c> file.</summary>
public enum SensColor
{
    Raw = 0,
    Png = 1,
    Jpeg = 2,
}

/// <summary>How depth images are stored in a <c>.sens</c> file.</summary>
public enum SensDepth
{
    Raw = 0,
    Zlib = 1,
}

/// <summary>What a <c>.sens</c> file (ScanNet's sensor stream, version 4) says about all its frames.</summary>
public sealed record SensHeader
{
    public const uint Version = 4;

    public string SensorName { get; init; } = "";

    /// <summary>4x4 row-major; fx, fy, cx, cy at 0, 5, 2, 6.</summary>
    public required double[] ColorIntrinsics { get; init; }

    /// <summary>4x4 row-major, from the colour camera to the pose's camera; kept but not applied, as in ScanNet's own exports.</summary>
    public required double[] ColorExtrinsics { get; init; }

    public required double[] DepthIntrinsics { get; init; }

    public required double[] DepthExtrinsics { get; init; }

    public required SensColor Color { get; init; }
    public required SensDepth Depth { get; init; }
    public required int ColorWidth { get; init; }
    public required int ColorHeight { get; init; }
    public required int DepthWidth { get; init; }
    public required int DepthHeight { get; init; }

    /// <summary>Stored depth units per metre.</summary>
    public required float DepthShift { get; init; }

    /// <summary>Bytes after the sensor's name, up to and with the number of frames.</summary>
    internal const int FixedLength = 4 * 64 + 2 * 4 + 4 * 4 + 4 + 8;

    internal static (SensHeader Header, ulong Frames) Parse(ReadOnlySpan<byte> b, string sensor, long offset, string file)
    {
        int color = BinaryPrimitives.ReadInt32LittleEndian(b[256..]), depth = BinaryPrimitives.ReadInt32LittleEndian(b[260..]);
        if (color is < 0 or > 2) throw new InputException(file, $"offset {offset + 256}, colour compression", "0 (raw), 1 (PNG) or 2 (JPEG)", $"{color}");
        if (depth is < 0 or > 1) throw new InputException(file, $"offset {offset + 260}, depth compression", "0 (raw) or 1 (zlib)", $"{depth}");
        float shift = BinaryPrimitives.ReadSingleLittleEndian(b[280..]);
        if (!(shift > 0) || !float.IsFinite(shift)) throw new InputException(file, $"offset {offset + 280}, depth shift", "a positive number", $"{shift}");
        return (new SensHeader
        {
            SensorName = sensor,
            ColorIntrinsics = Matrix(b), ColorExtrinsics = Matrix(b[64..]), DepthIntrinsics = Matrix(b[128..]), DepthExtrinsics = Matrix(b[192..]),
            Color = (SensColor)color, Depth = (SensDepth)depth,
            ColorWidth = Size(b, 264, offset, file), ColorHeight = Size(b, 268, offset, file),
            DepthWidth = Size(b, 272, offset, file), DepthHeight = Size(b, 276, offset, file),
            DepthShift = shift,
        }, BinaryPrimitives.ReadUInt64LittleEndian(b[284..]));
    }

    internal void Write(BinaryWriter writer)
    {
        writer.Write(Version);
        byte[] name = System.Text.Encoding.UTF8.GetBytes(SensorName);
        writer.Write((ulong)name.Length);
        writer.Write(name);
        foreach (double[] matrix in (double[][])[ColorIntrinsics, ColorExtrinsics, DepthIntrinsics, DepthExtrinsics])
            foreach (double value in matrix) writer.Write((float)value);
        writer.Write((int)Color);
        writer.Write((int)Depth);
        writer.Write(ColorWidth);
        writer.Write(ColorHeight);
        writer.Write(DepthWidth);
        writer.Write(DepthHeight);
        writer.Write(DepthShift);
    }

    internal static double[] Matrix(ReadOnlySpan<byte> b)
    {
        double[] matrix = new double[16];
        for (int i = 0; i < 16; i++) matrix[i] = BinaryPrimitives.ReadSingleLittleEndian(b[(4 * i)..]);
        return matrix;
    }

    private static int Size(ReadOnlySpan<byte> b, int at, long offset, string file)
    {
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(b[at..]);
        return size is > 0 and <= 16384 ? (int)size : throw new InputException(file, $"offset {offset + at}", "an image size from 1 to 16384", $"{size}");
    }
}
