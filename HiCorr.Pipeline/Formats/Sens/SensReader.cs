using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using HiCorr.Pipeline.Formats.Images;
using HiCorr.Pipeline.Scenes;
using Microsoft.Win32.SafeHandles;

namespace HiCorr.Pipeline.Formats.Sens;

/// <summary>
/// Reads frames of a <c>.sens</c> file by index. Only the frames' headers are read when it is opened; images are read when asked
/// for, from several threads if need be.
/// </summary>
/// <exception cref="InputException">The file is missing, truncated, damaged or of another version.</exception>
public sealed class SensReader : IDisposable
{
    private const int FrameHeaderLength = 64 + 8 * 4;
    private const int MaximumNameLength = 4096;
    private readonly SafeFileHandle _handle;
    private readonly string _path;
    private readonly List<FrameEntry> _frames = [];

    public SensReader(string path)
    {
        _path = path;
        _handle = InputFile.Open(path);
        try
        {
            Header = ReadIndex();
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    public SensHeader Header { get; }

    public int FrameCount => _frames.Count;

    /// <summary>4x4 row-major camera-to-world matrix; not finite where tracking was lost.</summary>
    public double[] Pose(int frame) => _frames[frame].Pose;

    public ColorImage ReadColor(int frame)
    {
        FrameEntry entry = _frames[frame];
        string name = $"{_path}, frame {frame}, colour";
        byte[] bytes = new byte[entry.ColorLength];
        InputFile.ReadExactly(_handle, bytes, entry.DataOffset, _path);
        ColorImage image = Header.Color != SensColor.Raw ? ImageReader.Read(bytes, name)
            : bytes.Length == Header.ColorWidth * Header.ColorHeight * 3 ? new ColorImage(Header.ColorWidth, Header.ColorHeight, bytes)
            : throw new InputException(name, null, $"{Header.ColorWidth * Header.ColorHeight * 3} bytes", $"{bytes.Length}");
        return image.Width == Header.ColorWidth && image.Height == Header.ColorHeight ? image
            : throw new InputException(name, null, $"{Header.ColorWidth} x {Header.ColorHeight} pixels, as the header says", $"{image.Width} x {image.Height}");
    }

    /// <summary>Depth in millimetres, whatever the file's unit.</summary>
    public DepthImage ReadDepth(int frame)
    {
        FrameEntry entry = _frames[frame];
        string name = $"{_path}, frame {frame}, depth";
        long wanted = 2L * Header.DepthWidth * Header.DepthHeight;
        // Deflate cannot shrink data further than 1032 times.
        if (wanted > entry.DepthLength * 1032L) throw new InputException(name, null, $"data for {Header.DepthWidth} x {Header.DepthHeight} pixels", $"{entry.DepthLength} bytes");
        byte[] bytes = new byte[entry.DepthLength];
        InputFile.ReadExactly(_handle, bytes, entry.DataOffset + entry.ColorLength, _path);
        ushort[] depth = new ushort[Header.DepthWidth * Header.DepthHeight];
        Span<byte> target = MemoryMarshal.AsBytes(depth.AsSpan());
        if (Header.Depth == SensDepth.Zlib) Inflate(bytes, target, name);
        else if (bytes.Length == target.Length) bytes.CopyTo(target);
        else throw new InputException(name, null, $"{target.Length} bytes", $"{bytes.Length}");
        if (Header.DepthShift != 1000)
            for (int i = 0; i < depth.Length; i++) depth[i] = (ushort)Math.Min(65535, MathF.Round(depth[i] * 1000 / Header.DepthShift));
        return new DepthImage(Header.DepthWidth, Header.DepthHeight, depth);
    }

    public void Dispose() => _handle.Dispose();

    private SensHeader ReadIndex()
    {
        long length = InputFile.Length(_handle, _path);
        Span<byte> prefix = stackalloc byte[12];
        InputFile.ReadExactly(_handle, prefix, 0, _path);
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(prefix);
        if (version != SensHeader.Version) throw new InputException(_path, "offset 0, version", $"{SensHeader.Version}", $"{version}");
        ulong nameLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix[4..]);
        if (nameLength > MaximumNameLength) throw new InputException(_path, "offset 4, length of the sensor's name", $"0 to {MaximumNameLength}", $"{nameLength}");
        byte[] name = new byte[nameLength];
        InputFile.ReadExactly(_handle, name, 12, _path);
        byte[] fixedPart = new byte[SensHeader.FixedLength];
        long offset = 12 + (long)nameLength;
        InputFile.ReadExactly(_handle, fixedPart, offset, _path);
        (SensHeader header, ulong frames) = SensHeader.Parse(fixedPart, Encoding.UTF8.GetString(name), offset, _path);
        offset += SensHeader.FixedLength;
        if (frames > (ulong)(length - offset) / FrameHeaderLength)
            throw new InputException(_path, $"offset {offset - 8}, number of frames", $"at most {(length - offset) / FrameHeaderLength}, what the file can hold", $"{frames}", "The file is truncated or damaged");
        byte[] frame = new byte[FrameHeaderLength];
        for (ulong i = 0; i < frames; i++)
        {
            InputFile.ReadExactly(_handle, frame, offset, _path);
            ulong color = BinaryPrimitives.ReadUInt64LittleEndian(frame.AsSpan(80)), depth = BinaryPrimitives.ReadUInt64LittleEndian(frame.AsSpan(88));
            ulong left = (ulong)(length - offset - FrameHeaderLength);
            if (color > left || depth > left - color || color > int.MaxValue || depth > int.MaxValue)
                throw new InputException(_path, $"offset {offset + 80}, frame {i}", $"images of at most {left} bytes, what is left", $"{color} and {depth}", "The file is truncated or damaged");
            _frames.Add(new FrameEntry(SensHeader.Matrix(frame), offset + FrameHeaderLength, (int)color, (int)depth));
            offset += FrameHeaderLength + (long)color + (long)depth;
        }
        return header;
    }

    private static void Inflate(byte[] bytes, Span<byte> target, string name)
    {
        using var stream = new ZLibStream(new MemoryStream(bytes, writable: false), CompressionMode.Decompress);
        try
        {
            int read = stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
            if (read < target.Length || stream.ReadByte() >= 0)
                throw new InputException(name, null, $"{target.Length} bytes of depth", read < target.Length ? $"{read}" : "more");
        }
        catch (InvalidDataException e)
        {
            throw new InputException(name, null, "a sound zlib stream", e.Message, inner: e);
        }
    }

    private sealed record FrameEntry(double[] Pose, long DataOffset, int ColorLength, int DepthLength);
}
