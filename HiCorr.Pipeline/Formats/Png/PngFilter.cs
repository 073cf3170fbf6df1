using System.Numerics;
using System.Runtime.InteropServices;

namespace HiCorr.Pipeline.Formats.Png;

/// <summary>The row filters of PNG (specification, section 9) for pixels of one or two bytes.</summary>
internal static class PngFilter
{
    public const byte None = 0, Sub = 1, Up = 2, Average = 3, Paeth = 4;

    /// <summary>Restores <paramref name="row"/> in place from the restored row above (zeros for the first).</summary>
    public static void Undo(byte filter, Span<byte> row, ReadOnlySpan<byte> above, int bytesPerPixel)
    {
        switch (filter)
        {
            case Sub: UndoSub(row, bytesPerPixel); break;
            case Up: UndoUp(row, above); break;
            case Average: UndoAverage(row, above, bytesPerPixel); break;
            case Paeth when bytesPerPixel == 1: UndoPaeth(row, above, 0, 1); break;
            case Paeth: UndoPaeth(row, above, 0, 2); UndoPaeth(row, above, 1, 2); break;
        }
    }

    /// <summary>Writes the filtered row and returns the sum of its bytes as signed magnitudes, the usual guess at its compressed size.</summary>
    public static long Apply(byte filter, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int bytesPerPixel, Span<byte> filtered)
    {
        if (filter == None) row.CopyTo(filtered);
        else if (filter == Up) Subtract(row, above, filtered);
        else
        {
            row[..bytesPerPixel].CopyTo(filtered);
            Subtract(row[bytesPerPixel..], row[..^bytesPerPixel], filtered[bytesPerPixel..]);
        }
        return Magnitude(filtered);
    }

    private static void UndoSub(Span<byte> row, int bytesPerPixel)
    {
        for (int i = bytesPerPixel; i < row.Length; i++) row[i] += row[i - bytesPerPixel];
    }

    private static void UndoUp(Span<byte> row, ReadOnlySpan<byte> above)
    {
        Span<Vector<byte>> rows = MemoryMarshal.Cast<byte, Vector<byte>>(row);
        ReadOnlySpan<Vector<byte>> aboves = MemoryMarshal.Cast<byte, Vector<byte>>(above);
        for (int i = 0; i < rows.Length; i++) rows[i] += aboves[i];
        for (int i = rows.Length * Vector<byte>.Count; i < row.Length; i++) row[i] += above[i];
    }

    private static void UndoAverage(Span<byte> row, ReadOnlySpan<byte> above, int bytesPerPixel)
    {
        for (int i = 0; i < bytesPerPixel; i++) row[i] += (byte)(above[i] >> 1);
        for (int i = bytesPerPixel; i < row.Length; i++) row[i] += (byte)((row[i - bytesPerPixel] + above[i]) >> 1);
    }

    /// <summary>One byte plane at a time: its running values then stay in registers.</summary>
    private static void UndoPaeth(Span<byte> row, ReadOnlySpan<byte> above, int start, int step)
    {
        int left = 0, corner = 0;
        above = above[..row.Length];
        for (int i = start; i < row.Length; i += step)
        {
            int up = above[i];
            int toLeft = up - corner, toUp = left - corner;
            int toCorner = Math.Abs(toLeft + toUp);
            toLeft = Math.Abs(toLeft);
            toUp = Math.Abs(toUp);
            int predicted = toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
            left = (byte)(row[i] + predicted);
            row[i] = (byte)left;
            corner = up;
        }
    }

    private static void Subtract(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, Span<byte> difference)
    {
        int i = 0;
        for (; i <= a.Length - Vector<byte>.Count; i += Vector<byte>.Count)
            (new Vector<byte>(a[i..]) - new Vector<byte>(b[i..])).CopyTo(difference[i..]);
        for (; i < a.Length; i++) difference[i] = (byte)(a[i] - b[i]);
    }

    private static long Magnitude(ReadOnlySpan<byte> bytes)
    {
        long sum = 0;
        foreach (byte b in bytes) sum += b < 128 ? b : 256 - b;
        return sum;
    }
}
