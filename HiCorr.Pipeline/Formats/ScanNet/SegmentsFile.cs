using System.Text.Json;

namespace HiCorr.Pipeline.Formats.ScanNet;

/// <summary>ScanNet's <c>*.segs.json</c>: one over-segment id per vertex, in a list called segIndices.</summary>
public static class SegmentsFile
{
    /// <summary>The ids in vertex order. (N)</summary>
    /// <exception cref="InputException">The file is missing, no JSON, or has no segIndices of whole numbers.</exception>
    public static int[] Read(string path)
    {
        byte[] json = InputFile.ReadBytes(path);
        return JsonInput.Parse(path, () =>
        {
            var reader = new Utf8JsonReader(json);
            var segments = new List<int>();
            bool found = false;
            while (reader.Read())
            {
                if (reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName) continue;
                bool wanted = reader.ValueTextEquals("segIndices"u8);
                reader.Read();
                if (!wanted)
                {
                    reader.Skip();
                    continue;
                }
                if (reader.TokenType != JsonTokenType.StartArray) throw new InputException(path, "segIndices", "a list", $"{reader.TokenType}");
                found = true;
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out int id))
                        throw new InputException(path, $"segIndices, element {segments.Count}", "a whole number", $"{reader.TokenType}");
                    segments.Add(id);
                }
            }
            return found ? segments.ToArray() : throw new InputException(path, null, "a list 'segIndices'", "none");
        });
    }
}
