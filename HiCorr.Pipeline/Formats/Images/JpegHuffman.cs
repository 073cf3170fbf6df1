namespace HiCorr.Pipeline.Formats.Images;

/// <summary>A Huffman table of a JPEG file: codes of up to 16 bits, the short ones looked up at once.</summary>
internal sealed class JpegHuffman
{
    public const int LookupBits = 10;
    private readonly ushort[] _lookup = new ushort[1 << LookupBits]; // length << 8 | symbol, 0 = longer or no code
    private readonly int[] _limit = new int[17]; // first 16-bit value behind the codes of a length
    private readonly int[] _shift = new int[17]; // index of a code's symbol = code + shift
    private readonly byte[] _symbols;

    private JpegHuffman(byte[] symbols) => _symbols = symbols;

    /// <param name="counts">Number of codes of each length, 1 to 16.</param>
    /// <param name="symbols">The symbols in the order of their codes.</param>
    /// <returns>Null where there are more codes of a length than fit.</returns>
    public static JpegHuffman? Build(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        var table = new JpegHuffman(symbols.ToArray());
        int code = 0, index = 0;
        for (int length = 1; length <= 16; length++, code <<= 1)
        {
            table._shift[length] = index - code;
            for (int i = 0; i < counts[length - 1]; i++, code++, index++)
            {
                if (code >= 1 << length) return null;
                if (length > LookupBits) continue;
                int first = code << (LookupBits - length);
                table._lookup.AsSpan(first, 1 << (LookupBits - length)).Fill((ushort)(length << 8 | symbols[index]));
            }
            table._limit[length] = code << (16 - length);
        }
        return table;
    }

    /// <summary>Length and symbol of the code that the next 16 bits start with; length 0 where there is none.</summary>
    public (int Length, int Symbol) Find(int bits)
    {
        int entry = _lookup[bits >> (16 - LookupBits)];
        if (entry != 0) return (entry >> 8, entry & 255);
        for (int length = LookupBits + 1; length <= 16; length++)
            if (bits < _limit[length]) return (length, _symbols[(bits >> (16 - length)) + _shift[length]]);
        return (0, 0);
    }
}
