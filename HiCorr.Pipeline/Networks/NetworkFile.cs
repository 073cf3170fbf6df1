using System.Globalization;
using System.Text.Json;
using HiCorr.Native.Devices;
using HiCorr.Pipeline.Formats.Safetensors;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Networks;

/// <summary>network.safetensors: the 3D network alone, with classes, text embeddings and voxel size; nothing else is needed for inference.</summary>
public static class NetworkFile
{
    private const string TextTensor = "text_embeddings", BiasTensor = "class_bias", FormatKey = "format", Format = "hicorr-network-1";

    /// <summary>Present where scores are cosines times this number (<see cref="CosineScoring"/>) instead of inner products.</summary>
    private const string CosineScaleKey = "cosine_scale";

    /// <summary>A file without it takes colours.</summary>
    private const string InputsKey = "inputs";

    public static void Write(string path, SegmentationNetwork network, IReadOnlyDictionary<string, string> provenance)
    {
        TextEmbeddings text = network.Text;
        var metadata = new Dictionary<string, string>(provenance)
        {
            [FormatKey] = Format,
            ["content"] = "3D network only: all that inference needs",
            ["network"] = "minkunet14a",
            ["voxel_size"] = network.VoxelSize.ToString("R", CultureInfo.InvariantCulture),
            [InputsKey] = network.Inputs.Name(),
            ["dimension"] = text.Dimension.ToString(CultureInfo.InvariantCulture),
            ["class_list"] = text.Classes.Name,
            ["classes"] = JsonSerializer.Serialize(text.Classes.Names),
        };
        var tensors = new List<SafetensorsTensor>(NetworkState.Of(network.Backbone)) { new(TextTensor, [text.Classes.Count, text.Dimension], text.Rows) };
        if (network.Scoring is { } scoring)
        {
            metadata[CosineScaleKey] = scoring.Scale.ToString("R", CultureInfo.InvariantCulture);
            tensors.Add(new SafetensorsTensor(BiasTensor, [text.Classes.Count], scoring.Bias ?? new float[text.Classes.Count]));
        }
        SafetensorsFile.Write(path, tensors, metadata);
    }

    /// <exception cref="ArtefactException">Missing, damaged, or not a network of HiCorr's.</exception>
    public static SegmentationNetwork Read(string path, Device device)
    {
        SafetensorsFile file = SafetensorsFile.Read(path);
        if (file.MetadataValue(FormatKey) != Format) throw new ArtefactException(path, "__metadata__.format", Format, file.MetadataValue(FormatKey));
        string[] names = ReadClasses(path, file.MetadataValue("classes"));
        int dimension = (int)Number(path, file, "dimension", 1, 65_536);
        double voxelSize = Number(path, file, "voxel_size", 1e-6, 1e6);
        var text = new TextEmbeddings(new ClassList(file.MetadataValue("class_list"), names), dimension, file.Floats(TextTensor, names.Length, dimension));
        CosineScoring? scoring = file.Metadata.ContainsKey(CosineScaleKey)
            ? new CosineScoring((float)Number(path, file, CosineScaleKey, 1e-6, 1e6), file.Floats(BiasTensor, names.Length))
            : null;
        NetworkInputs inputs = !file.Metadata.TryGetValue(InputsKey, out string? name) ? NetworkInputs.Color
            : VoxelFeatures.Parse(name) ?? throw new ArtefactException(path, $"__metadata__.{InputsKey}", "color or color_shape", name);
        var network = new SegmentationNetwork(device, text, voxelSize, inputs) { Scoring = scoring };
        try
        {
            NetworkState.Restore(file, network.Backbone);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static string[] ReadClasses(string path, string json)
    {
        try
        {
            string[]? names = JsonSerializer.Deserialize<string[]>(json);
            if (names is { Length: > 0 and <= ClassList.None }) return names;
        }
        catch (JsonException)
        {
        }
        throw new ArtefactException(path, "__metadata__.classes", $"a list of 1 to {ClassList.None} names", json);
    }

    private static double Number(string path, SafetensorsFile file, string key, double least, double most) =>
        double.TryParse(file.MetadataValue(key), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= least && value <= most
            ? value
            : throw new ArtefactException(path, $"__metadata__.{key}", string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"), file.MetadataValue(key));
}
