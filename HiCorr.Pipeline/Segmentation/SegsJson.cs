using System.Buffers.Text;
using System.Globalization;
using System.Text;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Segmentation;

/// <summary>Writes an over-segmentation as ScanNet publishes it: <c>{"params":{...},"sceneId":...,"segIndices":[...]}</c>.</summary>
public static class SegsJson
{
    private const int LongestNumber = 11; // sign, ten digits

    /// <param name="path">The file.</param>
    /// <param name="scene">Name of the scene.</param>
    /// <param name="segments">Segment id per vertex.</param>
    /// <param name="options">What they were made with.</param>
    public static void Write(string path, string scene, ReadOnlySpan<int> segments, SegmentationOptions options)
    {
        byte[] head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"{{\"params\":{{\"kThresh\":\"{options.Threshold}\",\"segMinVerts\":\"{options.MinVertices}\"}},\"sceneId\":\"{Escape(scene)}\",\"segIndices\":["));
        byte[] text = new byte[head.Length + segments.Length * (LongestNumber + 1) + 2];
        head.CopyTo(text, 0);
        int length = head.Length;
        for (int i = 0; i < segments.Length; i++)
        {
            if (i > 0) text[length++] = (byte)',';
            Utf8Formatter.TryFormat(segments[i], text.AsSpan(length), out int written);
            length += written;
        }
        "]}"u8.CopyTo(text.AsSpan(length));
        length += 2;
        AtomicFile.Write(path, stream => stream.Write(text, 0, length));
    }

    /// <summary>By hand: loading the JSON library takes a tenth of the time of a whole run.</summary>
    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            if (c < ' ') escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else if (c is '"' or '\\') escaped.Append('\\').Append(c);
            else escaped.Append(c);
        }
        return escaped.ToString();
    }
}
