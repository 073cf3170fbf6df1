using Google.Protobuf;
using Microsoft.Win32.SafeHandles;

namespace HiCorr.Pipeline.Formats.Onnx;

/// <summary>The messages of an ONNX file; weights that lie in further files are read only where they are asked for.</summary>
internal sealed record OnnxModel(string Path, ModelProto Proto)
{
    /// <summary>Deeper nesting than any real model's: subgraphs inside subgraphs.</summary>
    private const int MaxRecursion = 64;

    public GraphProto Graph => Proto.Graph;

    public string Folder => System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;

    /// <exception cref="ArtefactException">The file is missing, damaged or no ONNX model.</exception>
    public static OnnxModel Read(string path)
    {
        try
        {
            using SafeFileHandle handle = InputFile.Open(path, FileOptions.SequentialScan);
            long length = InputFile.Length(handle, path);
            if (length > int.MaxValue)
                throw new ArtefactException(path, null, $"at most {int.MaxValue} bytes, the limit of protobuf", $"{length} bytes", "Models beyond it keep their weights in a file beside them (external data)");
            using var stream = new FileStream(handle, FileAccess.Read);
            var proto = new ModelProto();
            using (var input = CodedInputStream.CreateWithLimits(stream, int.MaxValue, MaxRecursion)) proto.MergeFrom(input);
            if (proto.Graph is null || proto.Graph.Node.Count == 0) throw new ArtefactException(path, null, "an ONNX model with a graph", "none");
            if (!proto.OpsetImport.Any(set => set.Domain is "" or "ai.onnx")) throw new ArtefactException(path, null, "an ONNX model with a version of the standard operators (opset_import)", "none");
            return new OnnxModel(path, proto);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new ArtefactException(path, null, "an ONNX model", error.Message.ReplaceLineEndings(" "), "The file may be truncated or damaged", error);
        }
        catch (InputException error) when (error is not ArtefactException)
        {
            throw ArtefactException.From(error);
        }
    }
}
