using System.Text.Json.Nodes;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Tests.Vision.Text;

/// <summary>
/// The tiny pack (features = mean colours) with a text tower instead of classes: the names red, green, blue and yellow embed to their colours, words without
/// these letters to zeros (tools/test-models/make_tiny_text.py).
/// </summary>
internal static class TextPack
{
    private static string Data => Path.Combine(AppContext.BaseDirectory, "Data");

    public static string Create(TemporaryFolder folder, Action<JsonObject>? edit = null)
    {
        Progress.Enabled = false;
        string pack = TinyPack.CopyTo(folder, json =>
        {
            json.Remove("classEmbeddings");
            json.Remove("classes");
            json["text"] = new JsonObject { ["file"] = "text.onnx", ["tokenizer"] = "tokenizer", ["templates"] = "templates.txt" };
            edit?.Invoke(json);
        });
        File.Copy(Path.Combine(Data, "tiny-text", "text.onnx"), Path.Combine(pack, "text.onnx"), overwrite: true);
        Directory.CreateDirectory(Path.Combine(pack, "tokenizer"));
        foreach (string file in (string[])["vocab.json", "merges.txt"])
            File.Copy(Path.Combine(Data, "clip-tokens", file), Path.Combine(pack, "tokenizer", file), overwrite: true);
        File.WriteAllText(Path.Combine(pack, "templates.txt"), "# of the tests\n{}\na {} in a scene\n");
        return pack;
    }
}
