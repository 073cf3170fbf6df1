using System.Buffers.Binary;

namespace HiCorr.Pipeline.Formats.Images;

/// <summary>
/// Walks through a JPEG file as a decoder would, without making pixels, because decoders fill what is damaged with grey and call
/// it a success: every segment must fit, every Huffman code must exist, and the coded blocks must end where the data ends
/// (ITU-T T.81, annexes B and F). Progressive files are checked for their segments only.
/// </summary>
internal ref struct JpegIntegrity(ReadOnlySpan<byte> jpeg, string name)
{
    private const byte StartOfImage = 0xD8, EndOfImage = 0xD9, Baseline = 0xC0, ExtendedSequential = 0xC1, HuffmanTables = 0xC4, StartOfScan = 0xDA, RestartInterval = 0xDD;
    private readonly ReadOnlySpan<byte> _jpeg = jpeg;
    private readonly JpegHuffman?[] _dc = new JpegHuffman?[4], _ac = new JpegHuffman?[4];
    private Component[] _components = [];
    private int _width, _height, _restartInterval;
    private bool _sequential;

    private readonly record struct Component(byte Id, int Across, int Down);

    /// <exception cref="InputException">The file is truncated or damaged.</exception>
    public void Verify()
    {
        if (_jpeg.Length < 4 || _jpeg[0] != 0xFF || _jpeg[1] != StartOfImage) throw Damaged(0, "a start of image", Bytes.Show(_jpeg));
        int offset = 2, scans = 0;
        while (true)
        {
            byte marker = ReadMarker(ref offset);
            if (marker == EndOfImage)
            {
                if (scans == 0) throw Damaged(offset - 2, "image data", "the end of the image");
                return;
            }
            if (offset + 2 > _jpeg.Length) throw Damaged(offset, "a segment", "the end of the file");
            int length = BinaryPrimitives.ReadUInt16BigEndian(_jpeg[offset..]);
            if (length < 2 || offset + length > _jpeg.Length) throw Damaged(offset, $"a segment of at most {_jpeg.Length - offset} bytes, what is left", $"{length} bytes");
            ReadOnlySpan<byte> segment = _jpeg.Slice(offset + 2, length - 2);
            if (marker == HuffmanTables) ReadTables(segment, offset);
            else if (marker == RestartInterval && segment.Length >= 2) _restartInterval = BinaryPrimitives.ReadUInt16BigEndian(segment);
            else if (marker is >= 0xC0 and <= 0xCF and not 0xC8 and not 0xCC) ReadFrame(marker, segment, offset);
            offset += length;
            if (marker != StartOfScan) continue;
            scans++;
            offset = _sequential ? VerifyScan(segment, offset) : SkipScan(offset);
        }
    }

    private readonly byte ReadMarker(ref int offset)
    {
        int start = offset;
        while (offset < _jpeg.Length && _jpeg[offset] == 0xFF) offset++;
        if (offset == _jpeg.Length) throw Damaged(start, "a marker", "the end of the file");
        if (offset == start) throw Damaged(start, "a marker", Bytes.Show(_jpeg[start..]));
        return _jpeg[offset++];
    }

    private void ReadFrame(byte marker, ReadOnlySpan<byte> segment, int offset)
    {
        if (segment.Length < 6 || segment.Length < 6 + 3 * segment[5]) throw Damaged(offset, "a frame header", $"{segment.Length} bytes");
        _sequential = marker is Baseline or ExtendedSequential;
        _height = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]);
        _width = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
        _components = new Component[segment[5]];
        for (int i = 0; i < _components.Length; i++)
        {
            byte sampling = segment[7 + 3 * i];
            _components[i] = new Component(segment[6 + 3 * i], sampling >> 4, sampling & 15);
            if (_components[i].Across is 0 or > 4 || _components[i].Down is 0 or > 4) throw Damaged(offset, "sampling factors from 1 to 4", $"{sampling:x2}");
        }
    }

    private readonly void ReadTables(ReadOnlySpan<byte> segment, int offset)
    {
        while (segment.Length > 0)
        {
            int symbols = 0;
            for (int i = 1; i <= 16 && i < segment.Length; i++) symbols += segment[i];
            if (segment.Length < 17 + symbols || (segment[0] & 15) > 3 || symbols > 256) throw Damaged(offset, "a Huffman table", $"{segment.Length} bytes");
            JpegHuffman table = JpegHuffman.Build(segment.Slice(1, 16), segment.Slice(17, symbols)) ?? throw Damaged(offset, "a Huffman table", "more codes than there is room for");
            (segment[0] >> 4 == 0 ? _dc : _ac)[segment[0] & 15] = table;
            segment = segment[(17 + symbols)..];
        }
    }

    /// <summary>Decodes the blocks of a scan and returns where its data ends.</summary>
    private readonly int VerifyScan(ReadOnlySpan<byte> segment, int offset)
    {
        int count = segment.Length > 0 ? segment[0] : 0;
        if (count == 0 || segment.Length < 1 + 2 * count) throw Damaged(offset, "a scan header", $"{segment.Length} bytes");
        var blocks = new List<(JpegHuffman Dc, JpegHuffman Ac)>();
        int across = 1, down = 1;
        foreach (Component c in _components) (across, down) = (Math.Max(across, c.Across), Math.Max(down, c.Down));
        Component single = default;
        for (int i = 0; i < count; i++)
        {
            byte id = segment[1 + 2 * i], tables = segment[2 + 2 * i];
            single = Array.Find(_components, c => c.Id == id);
            if (single.Across == 0 || (tables >> 4) > 3 || (tables & 15) > 3 || _dc[tables >> 4] is not { } dc || _ac[tables & 15] is not { } ac)
                throw Damaged(offset, "a component and Huffman tables that were defined", $"component {id}, tables {tables:x2}");
            for (int b = 0; b < (count == 1 ? 1 : single.Across * single.Down); b++) blocks.Add((dc, ac));
        }
        // A scan of one component counts that component's own blocks, others count units of all components.
        long units = count == 1
            ? (long)DivideUp(DivideUp(_width * single.Across, across), 8) * DivideUp(DivideUp(_height * single.Down, down), 8)
            : (long)DivideUp(_width, 8 * across) * DivideUp(_height, 8 * down);
        var bits = new JpegBits(_jpeg, offset);
        for (long unit = 0; unit < units; unit++)
        {
            if (_restartInterval > 0 && unit > 0 && unit % _restartInterval == 0 && !bits.TakeRestart()) throw Damaged(bits.Offset, "a restart marker", Bytes.Show(_jpeg[Math.Min(bits.Offset, _jpeg.Length)..]));
            foreach ((JpegHuffman dc, JpegHuffman ac) in blocks)
                if (!bits.TakeBlock(dc, ac))
                    throw Damaged(bits.Offset, $"image data of {units} blocks of {_width} x {_height} pixels", $"{unit} sound ones");
        }
        return bits.End();
    }

    private readonly int SkipScan(int offset)
    {
        for (; offset + 1 < _jpeg.Length; offset++)
            if (_jpeg[offset] == 0xFF && _jpeg[offset + 1] is not 0 and not (>= 0xD0 and <= 0xD7)) return offset;
        throw Damaged(offset, "a marker", "the end of the file");
    }

    private static int DivideUp(int value, int by) => (value + by - 1) / by;

    private readonly InputException Damaged(int offset, string expected, string found) =>
        new(name, $"offset {offset}", expected, found, "The JPEG image is truncated or damaged");
}
