using System.Text.Json.Nodes;
using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Tests.Vision;

public sealed class ModelPackTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Opens_a_pack_that_fits()
    {
        var pack = ModelPack.Open(TinyPack.Source);

        Assert.Equal(["red", "green", "blue", "yellow"], pack.Classes.Names);
        Assert.Equal(3, pack.EmbeddingDimension);
        Assert.Equal([0f, 0f, 1f], pack.Embeddings[6..9]);
        Assert.Null(pack.Bias);
    }

    [Fact]
    public void Opens_the_real_pack()
    {
        var pack = ModelPack.Open(SharedFolder.Require("real", "deeplab-ade20k"));

        Assert.Equal(32, pack.Classes.Count);
        Assert.Equal("armchair", pack.Classes.Names[31]);
        Assert.Equal(32 * 256, pack.Embeddings.Length);
        Assert.Equal(32, pack.Bias!.Length);
    }

    // path of the field, its new value as JSON (empty removes it), what the message must name
    [Theory]
    [InlineData("name", "", "field 'name': expected a text, found nothing")]
    [InlineData("file", "\"../visual.onnx\"", "inside the pack")]
    [InlineData("file", "\"/etc/passwd\"", "inside the pack")]
    [InlineData("file", "\"other.onnx\"", "no such file")]
    [InlineData("input", "", "field 'input.width'")]
    [InlineData("input", "7", "field 'input': expected an object, found 7")]
    [InlineData("input.name", "\"pixels\"", "an input 'pixels', which model.json names, found 'image'")]
    [InlineData("input.width", "0", "field 'input.width': expected a whole number from 1")]
    [InlineData("input.width", "52", "field 'input.shape': expected [1, 3, height, width] = [1, 3, 32, 52], found [1, 3, 32, 48]")]
    [InlineData("input.height", "\"32\"", "field 'input.height'")]
    [InlineData("input.type", "\"uint8\"", "field 'input.type': expected float32")]
    [InlineData("input.layout", "\"NHWC\"", "expected NCHW, found \"NHWC\"")]
    [InlineData("input.colorOrder", "\"GRB\"", "RGB or BGR")]
    [InlineData("input.mean", "[0,0]", "field 'input.mean': expected three numbers")]
    [InlineData("input.std", "[1,0,1]", "field 'input.std': expected three numbers above 0")]
    [InlineData("input.range", "[1,0]", "field 'input.range'")]
    [InlineData("input.resize", "\"crop\"", "pad or stretch")]
    [InlineData("outputs", "[]", "denseFeatures")]
    [InlineData("outputs", "", "field 'outputs': expected a list")]
    [InlineData("stride", "8", "output 'features'")]
    [InlineData("stride", "", "field 'stride'")]
    [InlineData("embeddingDimension", "4", "field 'outputs[0].shape'")]
    [InlineData("similarity", "\"euclid\"", "cosine or dot")]
    [InlineData("normalizeFeatures", "\"yes\"", "field 'normalizeFeatures': expected true or false")]
    [InlineData("logitScale", "0", "field 'logitScale'")]
    [InlineData("classes", "\"names.json\"", "names.json: expected a file of the model pack, found no such file")]
    [InlineData("classEmbeddings", "\"absent.npy\"", "absent.npy")]
    [InlineData("classBias", "{\"file\":\"class_embeddings.npy\"}", "class_embeddings.npy")]
    public void Names_file_and_field_when_model_json_does_not_fit(string field, string value, string message)
    {
        string pack = TinyPack.CopyTo(_folder, root =>
        {
            string[] path = field.Split('.');
            JsonObject parent = path.Length == 1 ? root : root[path[0]]!.AsObject();
            if (value.Length == 0) parent.Remove(path[^1]);
            else parent[path[^1]] = JsonNode.Parse(value);
        });

        string error = Assert.Throws<ArtefactException>(() => TinyPack.OpenWhole(pack)).Message;

        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.StartsWith(pack, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_the_field_when_it_is_no_text_in_UTF_8()
    {
        string pack = TinyPack.CopyTo(_folder), manifest = Path.Combine(pack, "model.json");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"tiny\"", "\"\\ud800\"", StringComparison.Ordinal));

        Assert.Contains("field 'name': expected text in UTF-8", Assert.Throws<ArtefactException>(() => ModelPack.Open(pack)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_what_a_resizable_pack_with_a_text_tower_says()
    {
        string folder = TinyPack.CopyTo(_folder, root =>
        {
            root["input"]!["resizable"] = true;
            root["input"]!["shape"] = JsonNode.Parse("[-1, 3, -1, -1]");
            root["outputs"]![0]!["shape"] = JsonNode.Parse("[-1, 3, -1, -1]");
            root["outputs"]!.AsArray().Add(JsonNode.Parse("""{"name": "keys", "role": "lastLayerKeys", "shape": [-1, 8, -1, -1]}"""));
            root["text"] = JsonNode.Parse("""{"file": "text.onnx", "tokenizer": "tokenizer", "attentionMask": "attention_mask"}""");
            root.Remove("classEmbeddings");
        });

        var manifest = ModelManifest.Read(folder);

        Assert.True(manifest.Resizable);
        Assert.Equal([-1, 3, -1, -1], manifest.Input.Shape);
        Assert.Equal(("keys", 8), (manifest.Keys!.Name, manifest.Keys.Shape[1]));
        Assert.Equal(new TextManifest("text.onnx", "tokenizer", 77, "input_ids", "attention_mask", "text_embeds", null), manifest.Text);
        Assert.Null(manifest.Embeddings);
        Assert.Null(manifest.Classes);
    }

    [Theory]
    [InlineData("input", """{"name": "image", "width": 50, "height": 32, "mean": [0,0,0], "std": [1,1,1], "resizable": true}""", "field 'stride': expected a divisor of input.width and input.height")]
    [InlineData("input", """{"name": "image", "width": 48, "height": 32, "mean": [0,0,0], "std": [1,1,1], "resizable": 1}""", "field 'input.resizable': expected true or false")]
    [InlineData("text", """{"file": "../text.onnx", "tokenizer": "tokenizer"}""", "field 'text.file': expected the name of a file inside the pack")]
    [InlineData("text", """{"file": "text.onnx"}""", "field 'text.tokenizer'")]
    [InlineData("text", """{"file": "text.onnx", "tokenizer": "t", "contextLength": 1}""", "field 'text.contextLength'")]
    public void Names_the_field_of_sizes_or_text_that_does_not_fit(string field, string json, string message)
    {
        string folder = TinyPack.CopyTo(_folder, root => root[field] = JsonNode.Parse(json));

        Assert.Contains(message, Assert.Throws<ArtefactException>(() => ModelManifest.Read(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_the_output_when_the_graph_has_another_shape()
    {
        string pack = TinyPack.CopyTo(_folder, root => root["outputs"]![0]!["shape"] = JsonNode.Parse("[1,3,9,12]"));

        Assert.Contains("output 'features': expected shape [1, 3, 9, 12] as model.json says, found [1, 3, 8, 12]",
            Assert.Throws<ArtefactException>(() => TinyPack.OpenWhole(pack)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_the_output_when_the_graph_lacks_it()
    {
        string pack = TinyPack.CopyTo(_folder, root => root["outputs"]![0]!["name"] = "tokens");

        Assert.Contains("an output 'tokens', which model.json names, found 'features'",
            Assert.Throws<ArtefactException>(() => TinyPack.OpenWhole(pack)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new float[] { 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0.5f, 0 }, "row 3 ('yellow'): expected a row of length 1")]
    [InlineData(new float[] { 1, 0, 0, 0, float.NaN, 0, 0, 0, 1, 0, 1, 0 }, "element 4: expected a finite number, found NaN")]
    [InlineData(new float[] { 1, 0, 0 }, "shape")]
    public void Names_the_row_when_an_embedding_does_not_fit(float[] values, string message)
    {
        string pack = TinyPack.CopyTo(_folder);
        NpyWriter.Write<float>(Path.Combine(pack, "class_embeddings.npy"), values, values.Length / 3, 3);

        ArtefactException error = Assert.Throws<ArtefactException>(() => ModelPack.Open(pack));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("class_embeddings.npy", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[\"red\", \"green\", \"blue\"]", "class_embeddings.npy")]
    [InlineData("[\"red\", \"green\", \"Red\", \"blue\"]", "field '[2]'")]
    [InlineData("[\"red\", 7, \"x\", \"blue\"]", "field '[1]'")]
    [InlineData("{}", "expected a list")]
    [InlineData("[\"red\",", "line 1")]
    public void Names_the_entry_when_the_class_names_do_not_fit(string json, string message)
    {
        string pack = TinyPack.CopyTo(_folder);
        File.WriteAllText(Path.Combine(pack, "classes.json"), json);

        Assert.Contains(message, Assert.Throws<ArtefactException>(() => ModelPack.Open(pack)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_in_one_line_that_a_graph_is_damaged()
    {
        string pack = TinyPack.CopyTo(_folder);
        string graph = Path.Combine(pack, "visual.onnx");
        byte[] whole = File.ReadAllBytes(graph);
        foreach (byte[] bytes in new[] { [], whole[..(whole.Length / 2)], [.. whole.Select(b => (byte)(b ^ 0x5a))] })
        {
            File.WriteAllBytes(graph, bytes);
            string message = Assert.Throws<ArtefactException>(() => TinyPack.OpenWhole(pack)).Message;
            Assert.StartsWith(graph, message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }

    [Fact]
    public void Survives_damaged_graphs()
    {
        string pack = TinyPack.CopyTo(_folder);
        string graph = Path.Combine(pack, "visual.onnx");
        byte[] whole = File.ReadAllBytes(graph);
        var random = new Random(5);
        for (int trial = 0; trial < 300; trial++)
        {
            byte[] damaged = trial < whole.Length ? whole[..trial] : [.. whole];
            for (int i = 0; i < 2 && trial >= whole.Length; i++) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(graph, damaged);
            try { TinyPack.OpenWhole(pack); }
            catch (ArtefactException) { }
        }
    }

    [Fact]
    public void Has_another_key_when_any_file_changes()
    {
        string pack = TinyPack.CopyTo(_folder);
        string before = ModelPack.Open(pack).Key;
        Assert.Equal(before, ModelPack.Open(TinyPack.Source).Key);

        foreach (string file in new[] { "model.json", "classes.json", "visual.onnx" })
        {
            byte[] bytes = File.ReadAllBytes(Path.Combine(pack, file));
            File.WriteAllBytes(Path.Combine(pack, file), [.. bytes, (byte)'\n']);
            Assert.NotEqual(before, ModelPack.Open(pack).Key);
            File.WriteAllBytes(Path.Combine(pack, file), bytes);
        }
        Assert.Equal(before, ModelPack.Open(pack).Key);
        File.WriteAllText(Path.Combine(pack, "weights.bin"), "data that the graph may refer to");
        Assert.NotEqual(before, ModelPack.Open(pack).Key);
    }

    [Fact]
    public void Says_what_to_give_when_there_is_no_such_pack()
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => ModelPack.Open(_folder.PathOf("absent")));

        Assert.Contains("model.path: there is no model pack", error.Message, StringComparison.Ordinal);
    }
}
