using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using HiCorr.Pipeline.Formats.Images;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Formats.Sens;

/// <summary>One frame to be written; called for when its turn comes, so that a long stream need not lie in memory.</summary>
/// <param name="CameraToWorld">4x4 row-major.</param>
/// <param name="Color">Of the header's size.</param>
/// <param name="Depth">Of the header's size, in millimetres.</param>
public sealed record SensFrame(double[] CameraToWorld, ColorImage Color, DepthImage Depth);

/// <summary>Writes <c>.sens</c> files with JPEG or raw colour and zlib or raw depth, complete or not at all.</summary>
public static class SensWriter
{
    /// <param name="path">The file.</param>
    /// <param name="header">Sizes, intrinsics and encodings; the depth shift must be 1000 (millimetres).</param>
    /// <param name="frames">The frames in order.</param>
    /// <param name="quality">Of JPEG images.</param>
    public static void Write(string path, SensHeader header, IReadOnlyCollection<SensFrame> frames, int quality = 90)
    {
        if (header.DepthShift != 1000) throw new ArgumentException("Depth is written in millimetres: the depth shift must be 1000.", nameof(header));
        AtomicFile.Write(path, stream =>
        {
            using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
            header.Write(writer);
            writer.Write((ulong)frames.Count);
            ulong index = 0;
            foreach (SensFrame frame in frames)
            {
                byte[] color = Encode(header, frame.Color, quality), depth = Encode(header, frame.Depth);
                foreach (double value in frame.CameraToWorld) writer.Write((float)value);
                writer.Write(index);
                writer.Write(index);
                writer.Write((ulong)color.Length);
                writer.Write((ulong)depth.Length);
                writer.Write(color);
                writer.Write(depth);
                index++;
            }
            // No inertial measurements follow.
            writer.Write(0UL);
        });
    }

    private static byte[] Encode(SensHeader header, ColorImage image, int quality)
    {
        if (image.Width != header.ColorWidth || image.Height != header.ColorHeight)
            throw new ArgumentException($"A colour image of {image.Width} x {image.Height} pixels is not of the header's size.", nameof(image));
        return header.Color switch
        {
            SensColor.Raw => image.Pixels,
            SensColor.Jpeg => ImageWriter.EncodeJpeg(image, quality),
            _ => Png.PngWriter.EncodeRgb(image),
        };
    }

    private static byte[] Encode(SensHeader header, DepthImage image)
    {
        if (image.Width != header.DepthWidth || image.Height != header.DepthHeight)
            throw new ArgumentException($"A depth image of {image.Width} x {image.Height} pixels is not of the header's size.", nameof(image));
        ReadOnlySpan<byte> raw = MemoryMarshal.AsBytes(image.Millimetres.AsSpan());
        if (header.Depth == SensDepth.Raw) return raw.ToArray();
        var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true)) zlib.Write(raw);
        return compressed.ToArray();
    }
}
