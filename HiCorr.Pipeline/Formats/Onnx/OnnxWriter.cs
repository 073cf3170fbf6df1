using System.Globalization;
using Google.Protobuf;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Formats.Onnx;

/// <summary>
/// Writes ONNX models. Weights that came from external data, or all larger ones where a file could pass protobuf's 2 GB, go to NAME.data beside it.
/// </summary>
internal static class OnnxWriter
{
    private const long InlineLimit = 1L << 30;

    /// <summary>What is smaller stays in the model: ONNX Runtime reads shapes and scalars while it plans.</summary>
    private const int SmallTensor = 1024;

    private const int Alignment = 64;

    /// <param name="source">The file that external data of the model refers to.</param>
    /// <param name="model">Its tensors are changed to where their data then lies.</param>
    /// <param name="path">The ONNX file.</param>
    /// <param name="inlineLimit">Bytes of weights that the file itself may hold.</param>
    /// <param name="sync">Waits for the disk; a file that is soon deleted need not.</param>
    public static void Write(string source, ModelProto model, string path, long inlineLimit = InlineLimit, bool sync = true)
    {
        TensorProto[] all = [.. Tensors(model.Graph)];
        bool spill = all.Sum(tensor => (long)tensor.RawData.Length) > inlineLimit;
        TensorProto[] moved = [.. all.Where(tensor => IsExternal(tensor) || (spill && tensor.RawData.Length >= SmallTensor))];
        if (moved.Length > 0) WriteData(source, moved, path + ".data", sync);
        AtomicFile.Write(path, model.WriteTo, sync);
    }

    private static void WriteData(string source, TensorProto[] tensors, string path, bool sync) => AtomicFile.Write(path, stream =>
    {
        byte[] padding = new byte[Alignment];
        foreach (TensorProto tensor in tensors)
        {
            stream.Write(padding, 0, (int)(-stream.Position & (Alignment - 1)));
            long offset = stream.Position;
            if (IsExternal(tensor))
            {
                var shape = new OnnxTensor(source, tensor);
                if (shape.ElementSize == 0) throw shape.Mismatch("external data of a float or integer type", $"ONNX data type {shape.Type}");
                ExternalData.Locate(source, tensor, (long)shape.Count * shape.ElementSize).CopyTo(stream);
            }
            else stream.Write(tensor.RawData.Span);
            tensor.ClearRawData();
            tensor.DataLocation = TensorProto.Types.DataLocation.External;
            tensor.ExternalData.Clear();
            tensor.ExternalData.Add(
            [
                new StringStringEntryProto { Key = "location", Value = Path.GetFileName(path) },
                new StringStringEntryProto { Key = "offset", Value = offset.ToString(CultureInfo.InvariantCulture) },
                new StringStringEntryProto { Key = "length", Value = (stream.Position - offset).ToString(CultureInfo.InvariantCulture) },
            ]);
        }
    }, sync);

    private static bool IsExternal(TensorProto tensor) => tensor.DataLocation == TensorProto.Types.DataLocation.External;

    /// <summary>Of the graph and the graphs inside its nodes.</summary>
    private static IEnumerable<TensorProto> Tensors(GraphProto graph)
    {
        foreach (TensorProto tensor in graph.Initializer) yield return tensor;
        foreach (AttributeProto attribute in graph.Node.SelectMany(node => node.Attribute))
        {
            if (attribute.T is { } tensor) yield return tensor;
            foreach (TensorProto item in attribute.Tensors) yield return item;
            foreach (GraphProto inner in attribute.G is { } body ? [body, .. attribute.Graphs] : attribute.Graphs.AsEnumerable())
                foreach (TensorProto item in Tensors(inner)) yield return item;
        }
    }
}
