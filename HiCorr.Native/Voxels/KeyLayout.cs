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

    private readonly long _highBatch, _highX, _highY, _highZ;

    /// <summary>Bounds of (batch, x, y, z), in cells of the level.</summary>
    public KeyLayout(ReadOnlySpan<long> low, ReadOnlySpan<long> high)
    {
        (LowBatch, LowX, LowY, LowZ) = (low[0], low[1] - Margin, low[2] - Margin, low[3] - Margin);
        (_highBatch, _highX, _highY, _highZ) = (high[0], high[1], high[2], high[3]);
        int bitsBatch = BitsFor(high[0] - low[0]);
        BitsX = BitsFor(high[1] + Margin - LowX);
        BitsY = BitsFor(high[2] + Margin - LowY);
        BitsZ = BitsFor(high[3] + Margin - LowZ);
        Bits = bitsBatch + BitsX + BitsY + BitsZ;
    }

    public long LowBatch { get; }
    public long LowX { get; }
    public long LowY { get; }
    public long LowZ { get; }
    public int BitsX { get; }
    public int BitsY { get; }
    public int BitsZ { get; }

    /// <summary>Bits that a key takes; more than 64 cannot be packed.</summary>
    public int Bits { get; }

    /// <summary>The layout for the cells of twice the edge that hold this level's.</summary>
    public KeyLayout Coarser() => new([LowBatch, (LowX + Margin) >> 1, (LowY + Margin) >> 1, (LowZ + Margin) >> 1], [_highBatch, _highX >> 1, _highY >> 1, _highZ >> 1]);

    public ulong Pack(long batch, long x, long y, long z) =>
        ((((((ulong)(batch - LowBatch) << BitsX) | (ulong)(x - LowX)) << BitsY) | (ulong)(y - LowY)) << BitsZ) | (ulong)(z - LowZ);

    public (long Batch, long X, long Y, long Z) Unpack(ulong key) => (
        (long)Shifted(key, BitsZ + BitsY + BitsX) + LowBatch,
        (long)(Shifted(key, BitsZ + BitsY) & Mask(BitsX)) + LowX,
        (long)(Shifted(key, BitsZ) & Mask(BitsY)) + LowY,
        (long)(key & Mask(BitsZ)) + LowZ);

    /// <summary>What to add to a key (modulo 2^64) to shift its voxel by whole cells, at most <see cref="Margin"/> along each axis.</summary>
    public ulong Offset(int x, int y, int z) =>
        unchecked(((ulong)(long)x << (BitsY + BitsZ)) + ((ulong)(long)y << BitsZ) + (ulong)(long)z);

    private static int BitsFor(long largest) => 64 - BitOperations.LeadingZeroCount((ulong)largest);

    private static ulong Mask(int bits) => (1UL << bits) - 1;

    private static ulong Shifted(ulong key, int bits) => bits >= 64 ? 0 : key >> bits;
}
