using System.Numerics;

namespace HiCorr.Native.Voxels;

/// <summary>
/// How one level's voxels are packed into sorted 64-bit keys: batch, x, y, z from the high bits to the low ones, each field as wide as the
/// extent needs plus a margin of <see cref="Margin"/> free cells on both sides. The margin makes a shift by a kernel offset one addition that
/// never carries into another field, and since an addition keeps the order, neighbours are found by walking two sorted lists.
/// </summary>
internal readonly struct KeyLayout
{
    /// <summary>The largest kernel offset along an axis (kernel size 5).</summary>
    public const int Margin = 2;

    private readonly int _bitsX, _bitsY, _bitsZ;

    /// <summary>Bounds of (batch, x, y, z), in cells of the level.</summary>
    public KeyLayout(ReadOnlySpan<long> low, ReadOnlySpan<long> high)
    {
        (LowBatch, LowX, LowY, LowZ) = (low[0], low[1] - Margin, low[2] - Margin, low[3] - Margin);
        int bitsBatch = BitsFor(high[0] - low[0]);
        _bitsX = BitsFor(high[1] + Margin - LowX);
        _bitsY = BitsFor(high[2] + Margin - LowY);
        _bitsZ = BitsFor(high[3] + Margin - LowZ);
        Bits = bitsBatch + _bitsX + _bitsY + _bitsZ;
    }

    public long LowBatch { get; }
    public long LowX { get; }
    public long LowY { get; }
    public long LowZ { get; }

    /// <summary>Bits that a key takes; more than 64 cannot be packed.</summary>
    public int Bits { get; }

    public ulong Pack(long batch, long x, long y, long z) =>
        ((((((ulong)(batch - LowBatch) << _bitsX) | (ulong)(x - LowX)) << _bitsY) | (ulong)(y - LowY)) << _bitsZ) | (ulong)(z - LowZ);

    public (long Batch, long X, long Y, long Z) Unpack(ulong key) => (
        (long)Shifted(key, _bitsZ + _bitsY + _bitsX) + LowBatch,
        (long)(Shifted(key, _bitsZ + _bitsY) & Mask(_bitsX)) + LowX,
        (long)(Shifted(key, _bitsZ) & Mask(_bitsY)) + LowY,
        (long)(key & Mask(_bitsZ)) + LowZ);

    /// <summary>What to add to a key (modulo 2^64) to shift its voxel by whole cells, at most <see cref="Margin"/> along each axis.</summary>
    public ulong Offset(int x, int y, int z) =>
        unchecked(((ulong)(long)x << (_bitsY + _bitsZ)) + ((ulong)(long)y << _bitsZ) + (ulong)(long)z);

    private static int BitsFor(long largest) => 64 - BitOperations.LeadingZeroCount((ulong)largest);

    private static ulong Mask(int bits) => (1UL << bits) - 1;

    private static ulong Shifted(ulong key, int bits) => bits >= 64 ? 0 : key >> bits;
}
