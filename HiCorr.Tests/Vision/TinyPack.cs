using System.Text.Json.Nodes;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Tests.Vision;

/// <summary>A copy of Data/tiny-pack (features = mean colours of 4x4 pixels, input 48x32) that a test may spoil.</summary>
internal static class TinyPack
{
    public static string Source => Path.Combine(AppContext.BaseDirectory, "Data", "tiny-pack");

    /// <summary>The same for images of every size, several in a run, with keys.</summary>
    public static string Resizable => Path.Combine(AppContext.BaseDirectory, "Data", "tiny-resizable");

    public static string CopyTo(TemporaryFolder folder, Action<JsonObject>? edit = null)
    {
        string target = folder.PathOf("pack");
        Directory.CreateDirectory(target);
        foreach (string file in Directory.GetFiles(Source)) File.Copy(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
        if (edit is not null)
        {
            string manifest = Path.Combine(target, "model.json");
            JsonObject json = JsonNode.Parse(File.ReadAllText(manifest))!.AsObject();
            edit(json);
            File.WriteAllText(manifest, json.ToJsonString());
        }
        return target;
    }

    /// <summary>Opens everything: files and graph.</summary>
    public static void OpenWhole(string folder)
    {
        var pack = ModelPack.Open(folder);
        new DensePredictor(pack, ClassSelection.Resolve("", pack, null)).Dispose();
    }
}
