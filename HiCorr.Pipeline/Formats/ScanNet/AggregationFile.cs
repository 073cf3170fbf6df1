using System.Text.Json;

namespace HiCorr.Pipeline.Formats.ScanNet;

/// <summary>One annotated object: its raw category name and the over-segments it is made of.</summary>
public sealed record SegmentGroup(string Label, int[] Segments);

/// <summary>ScanNet's <c>*.aggregation.json</c>: which over-segments make up which object.</summary>
public static class AggregationFile
{
    /// <summary>The objects in the file's order.</summary>
    /// <exception cref="InputException">The file is missing, no JSON, or not of this form.</exception>
    public static IReadOnlyList<SegmentGroup> Read(string path)
    {
        byte[] json = InputFile.ReadBytes(path);
        return JsonInput.Parse(path, () =>
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("segGroups", out JsonElement list) || list.ValueKind != JsonValueKind.Array)
                throw new InputException(path, null, "a list 'segGroups'", "none");
            var groups = new List<SegmentGroup>();
            foreach (JsonElement group in list.EnumerateArray()) groups.Add(ReadGroup(group, $"segGroups, element {groups.Count}", path));
            return groups;
        });
    }

    private static SegmentGroup ReadGroup(JsonElement group, string where, string path)
    {
        if (group.ValueKind != JsonValueKind.Object || !group.TryGetProperty("label", out JsonElement label) || label.ValueKind != JsonValueKind.String)
            throw new InputException(path, where, "a text 'label'", "none");
        if (!group.TryGetProperty("segments", out JsonElement segments) || segments.ValueKind != JsonValueKind.Array)
            throw new InputException(path, where, "a list 'segments'", "none");
        var ids = new List<int>();
        foreach (JsonElement segment in segments.EnumerateArray())
        {
            if (segment.ValueKind != JsonValueKind.Number || !segment.TryGetInt32(out int id))
                throw new InputException(path, $"{where}, segments", "whole numbers", Bytes.Show(segment.GetRawText()));
            ids.Add(id);
        }
        return new SegmentGroup(label.GetString()!, [.. ids]);
    }
}
