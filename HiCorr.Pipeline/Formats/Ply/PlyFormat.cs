namespace HiCorr.Pipeline.Formats.Ply;

/// <summary>How the values of a PLY file are encoded.</summary>
public enum PlyFormat
{
    BinaryLittleEndian,
    BinaryBigEndian,
    Ascii,
}

/// <summary>Scalar types of PLY properties.</summary>
public enum PlyType
{
    Int8,
    UInt8,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Float32,
    Float64,
}

/// <summary>Names and sizes of <see cref="PlyType"/>.</summary>
internal static class PlyTypes
{
    /// <summary>Both the old names and those with sizes.</summary>
    public static PlyType? Parse(string name) => name switch
    {
        "char" or "int8" => PlyType.Int8,
        "uchar" or "uint8" => PlyType.UInt8,
        "short" or "int16" => PlyType.Int16,
        "ushort" or "uint16" => PlyType.UInt16,
        "int" or "int32" => PlyType.Int32,
        "uint" or "uint32" => PlyType.UInt32,
        "float" or "float32" => PlyType.Float32,
        "double" or "float64" => PlyType.Float64,
        _ => null,
    };

    public static int SizeOf(PlyType type) => type switch
    {
        PlyType.Int8 or PlyType.UInt8 => 1,
        PlyType.Int16 or PlyType.UInt16 => 2,
        PlyType.Float64 => 8,
        _ => 4,
    };

    public static bool IsReal(PlyType type) => type is PlyType.Float32 or PlyType.Float64;
}
