namespace HiCorr.Pipeline.Formats.Images;

/// <summary>The bits of a JPEG scan, stuffed zero bytes removed; nothing is read beyond the next marker.</summary>
internal ref struct JpegBits(ReadOnlySpan<byte> jpeg, int offset)
{
    private const int Coefficients = 64, LargestCategory = 16;
    private readonly ReadOnlySpan<byte> _jpeg = jpeg;
    private ulong _bits; // from the highest bit down
    private int _count;

    /// <summary>The first byte that was not taken into the buffer.</summary>
    public int Offset { get; private set; } = offset;

    /// <summary>Passes over one block of 64 coefficients; false where a code does not exist or the data ends.</summary>
    public bool TakeBlock(JpegHuffman dc, JpegHuffman ac)
    {
        if (!TakeCode(dc, out int symbol) || symbol > LargestCategory || !Take(symbol)) return false;
        for (int k = 1; k < Coefficients; k++)
        {
            if (!TakeCode(ac, out symbol)) return false;
            int size = symbol & 15, run = symbol >> 4;
            if (size == 0 && run != 15)
            {
                // End of the block; the other runs without a value exist in progressive files only.
                return run == 0;
            }
            k += run;
            if (k >= Coefficients || !Take(size)) return false;
        }
        return true;
    }

    /// <summary>Passes over the padding and a restart marker.</summary>
    public bool TakeRestart()
    {
        Offset = End();
        _bits = 0;
        _count = 0;
        while (Offset + 1 < _jpeg.Length && _jpeg[Offset] == 0xFF && _jpeg[Offset + 1] == 0xFF) Offset++;
        if (Offset + 1 >= _jpeg.Length || _jpeg[Offset] != 0xFF || _jpeg[Offset + 1] is < 0xD0 or > 0xD7) return false;
        Offset += 2;
        return true;
    }

    /// <summary>Where the byte after the last taken bit lies.</summary>
    public readonly int End()
    {
        int offset = Offset;
        for (int spare = _count / 8; spare > 0; spare--) offset -= offset >= 2 && _jpeg[offset - 1] == 0 && _jpeg[offset - 2] == 0xFF ? 2 : 1;
        return offset;
    }

    private bool TakeCode(JpegHuffman table, out int symbol)
    {
        if (_count < 16) Fill();
        (int length, symbol) = table.Find((int)(_bits >> 48));
        return length > 0 && Drop(length);
    }

    private bool Take(int bits)
    {
        if (_count < bits) Fill();
        return Drop(bits);
    }

    private bool Drop(int bits)
    {
        if (bits > _count) return false;
        _bits <<= bits;
        _count -= bits;
        return true;
    }

    private void Fill()
    {
        while (_count <= 56 && Offset < _jpeg.Length)
        {
            byte next = _jpeg[Offset];
            if (next == 0xFF)
            {
                if (Offset + 1 >= _jpeg.Length || _jpeg[Offset + 1] != 0) return;
                Offset++;
            }
            Offset++;
            _bits |= (ulong)next << (56 - _count);
            _count += 8;
        }
    }
}
