using HiCorr.Native.Layers;

namespace HiCorr.Pipeline.Formats.Torch;

/// <summary>Puts the tensors of a PyTorch checkpoint into a network with MinkowskiEngine's names.</summary>
public static class TorchStateImport
{
    /// <summary>Prefixes that trainers put before the names: DataParallel's, OpenScene's, Lightning's and CLIP2Scene's.</summary>
    private static readonly string[] s_prefixes = ["state_dict.", "model_points.", "module.", "net3d."];

    /// <summary>Reads the checkpoint and fills every parameter and running statistic; other tensors in the file are left alone.</summary>
    /// <exception cref="ArtefactException">The file is damaged, or a tensor is missing or has another shape.</exception>
    public static void Load(string path, Network network)
    {
        var tensors = new Dictionary<string, TorchTensor>();
        foreach ((string name, TorchTensor tensor) in TorchCheckpointReader.Read(path)) tensors[StripPrefixes(name)] = tensor;
        foreach (Parameter parameter in network.Parameters)
            parameter.Value.CopyFrom(Find(path, tensors, parameter.Name, parameter.Shape, isFloat: true).Floats.Span);
        foreach (StateBuffer buffer in network.Buffers)
            buffer.Value.CopyFrom(Find(path, tensors, buffer.Name, buffer.Shape, isFloat: true).Floats.Span);
        foreach (StateCounter counter in network.Counters)
            counter.Value = Find(path, tensors, counter.Name, [], isFloat: false).Integers.Span[0];
    }

    private static string StripPrefixes(string name)
    {
        for (bool stripped = true; stripped;)
        {
            stripped = false;
            foreach (string prefix in s_prefixes)
            {
                if (!name.StartsWith(prefix, StringComparison.Ordinal)) continue;
                name = name[prefix.Length..];
                stripped = true;
            }
        }
        return name;
    }

    private static TorchTensor Find(string path, Dictionary<string, TorchTensor> tensors, string name, IReadOnlyList<int> shape, bool isFloat)
    {
        if (!tensors.TryGetValue(name, out TorchTensor? tensor))
            throw new ArtefactException(path, $"tensor '{name}'", $"shape [{string.Join(", ", shape)}]", "no such tensor", "The checkpoint is of another network");
        if (!tensor.Shape.SequenceEqual(shape) || tensor.IsFloat != isFloat)
            throw new ArtefactException(path, $"tensor '{name}'", $"{(isFloat ? "float32" : "int64")} [{string.Join(", ", shape)}]",
                $"{(tensor.IsFloat ? "float32" : "int64")} [{string.Join(", ", tensor.Shape)}]", "The checkpoint is of another network");
        return tensor;
    }
}
