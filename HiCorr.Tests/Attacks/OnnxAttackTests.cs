using Google.Protobuf;
using HiCorr.Pipeline.Formats.Onnx;
using HiCorr.Pipeline.Vision.MaskClip;

namespace HiCorr.Tests.Attacks;

/// <summary>Damaged and hostile ONNX files: an error that names the file, or a model; never a crash, a hang, or a byte from outside the model's folder.</summary>
public sealed class OnnxAttackTests : IDisposable
{
    /// <summary>What a file outside the model's folder holds, and no model.</summary>
    private const float Secret = 8192.125f;

    private readonly TemporaryFolder _folder = new();
    private readonly string _path;

    public OnnxAttackTests()
    {
        Directory.CreateDirectory(_folder.PathOf("model", "data"));
        _path = _folder.PathOf("model", "a.onnx");
        float[] secret = new float[1 << 16];
        secret.AsSpan().Fill(Secret);
        byte[] bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(secret).ToArray();
        File.WriteAllBytes(_folder.PathOf("secret.bin"), bytes);
        File.CreateSymbolicLink(_folder.PathOf("model", "link.bin"), _folder.PathOf("secret.bin"));
        File.WriteAllBytes(_folder.PathOf("model", "data", "w.bin"), new byte[1 << 18]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_truncation_is_refused() => Mutations.RefusesEveryTruncation(Good("split-quick"), "a.onnx", Read);

    [Theory]
    [InlineData("split-quick", 700)]
    [InlineData("fused-gelu", 700)]
    [InlineData("half-all", 600)]
    [InlineData("resnet", 600)]
    public void Damage_is_survived(string export, int count) => Mutations.SurvivesDamage(Good(export), "a.onnx", Read, count);

    /// <summary>Damage falls on the structure alone: without the weights' bytes, every change hits a length, a name or a node.</summary>
    [Theory]
    [InlineData("split-gelu")]
    [InlineData("resnet")]
    public void Damage_of_the_structure_is_survived(string export)
    {
        ModelProto model = ModelProto.Parser.ParseFrom(Good(export));
        foreach (TensorProto tensor in model.Graph.Initializer) MakeExternal(tensor, "data/w.bin");
        Mutations.SurvivesDamage(model.ToByteArray(), "model", Read, 1000);
    }

    [Fact]
    public void No_location_leads_outside()
    {
        string[] locations =
        [
            "../secret.bin", "data/../../secret.bin", "link.bin", "./../secret.bin", "..//secret.bin", "data/w.bin/../../../secret.bin", _folder.PathOf("secret.bin"), "//secret.bin", "..\\secret.bin",
            "data\0/../../secret.bin", "/proc/self/environ", "~/secret.bin", "file:../secret.bin", "%2e%2e/secret.bin", "data/w.bin\0", "..", "data", "",
        ];
        foreach (string location in locations)
        {
            ModelProto model = ModelProto.Parser.ParseFrom(Good("split-gelu"));
            foreach (TensorProto tensor in model.Graph.Initializer) MakeExternal(tensor, location);
            byte[] bytes = model.ToByteArray();

            Assert.ThrowsAny<InputException>(() => Read(bytes));
            // A damaged escape is another escape.
            Mutations.SurvivesDamage(bytes, "model", Read, 20);
        }
    }

    /// <summary>All that "hicorr model maskclip" does before it runs a graph.</summary>
    private void Read(byte[] bytes)
    {
        File.WriteAllBytes(_path, bytes);
        OnnxModel model = OnnxModel.Read(_path);
        foreach (TensorProto proto in model.Graph.Initializer)
        {
            var tensor = new OnnxTensor(_path, proto);
            if (tensor.IsFloat) Assert.Equal(-1, Array.IndexOf(tensor.Floats(), Secret));
        }
        ClipTower tower = ClipTowerReader.Read(model);
        Assert.NotEmpty(GraphPart.Of(model, tower.Embedding).Graph.Node);
        Assert.NotEmpty(MaskClipGraph.Dense(tower).ToByteArray());
        Assert.NotEmpty(MaskClipGraph.Whole(tower).ToByteArray());
    }

    private static void MakeExternal(TensorProto tensor, string location)
    {
        tensor.ClearRawData();
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
    }

    private static byte[] Good(string export) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Data", "clip", export, "vision_model.onnx"));
}
