namespace HiCorr.Pipeline.Formats.Ply;

/// <summary>One property of all vertices.</summary>
/// <param name="Name">As in the file.</param>
/// <param name="Type">As in the file.</param>
/// <param name="Values">sbyte[], byte[], short[], ushort[], int[], uint[], float[] or double[], as <paramref name="Type"/> says. (N)</param>
public sealed record PlyColumn(string Name, PlyType Type, Array Values)
{
    /// <summary>The values as whole numbers; reals are rounded towards zero, what does not fit becomes the nearest int.</summary>
    public int[] ToInts() => Values switch
    {
        int[] v => v,
        byte[] v => Array.ConvertAll(v, x => (int)x),
        sbyte[] v => Array.ConvertAll(v, x => (int)x),
        short[] v => Array.ConvertAll(v, x => (int)x),
        ushort[] v => Array.ConvertAll(v, x => (int)x),
        uint[] v => Array.ConvertAll(v, x => (int)Math.Min(x, int.MaxValue)),
        float[] v => Array.ConvertAll(v, x => (int)x),
        _ => Array.ConvertAll((double[])Values, x => (int)x),
    };

    /// <summary>The values as float32.</summary>
    public float[] ToFloats() => Values switch
    {
        float[] v => v,
        double[] v => Array.ConvertAll(v, x => (float)x),
        uint[] v => Array.ConvertAll(v, x => (float)x),
        _ => Array.ConvertAll(ToInts(), x => (float)x),
    };

    /// <summary>Colour values: bytes as they are, 16-bit ones by their upper byte, reals from 0 to 1 times 255.</summary>
    public byte[] ToColors() => Values switch
    {
        byte[] v => v,
        ushort[] v => Array.ConvertAll(v, x => (byte)(x >> 8)),
        float[] or double[] => Array.ConvertAll(ToFloats(), x => (byte)Math.Clamp(MathF.Round(x * 255), 0, 255)),
        _ => Array.ConvertAll(ToInts(), x => (byte)Math.Clamp(x, 0, 255)),
    };
}
