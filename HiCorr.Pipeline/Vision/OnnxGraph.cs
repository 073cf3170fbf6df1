using Microsoft.ML.OnnxRuntime;

namespace HiCorr.Pipeline.Vision;

/// <summary>ONNX graphs in ONNX Runtime, with its failures as errors that name the file.</summary>
internal static class OnnxGraph
{
    /// <exception cref="ArtefactException">The file is missing or no ONNX graph.</exception>
    public static InferenceSession Open(string path)
    {
        if (!File.Exists(path)) throw new ArtefactException(path, null, "an ONNX graph", "no such file");
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            IntraOpNumThreads = Environment.ProcessorCount,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        // Threads that spin while they wait take the cores from decoding and upsampling, which run beside the network.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        try
        {
            return new InferenceSession(path, options);
        }
        catch (OnnxRuntimeException error)
        {
            throw new ArtefactException(path, null, "an ONNX graph", Shorten(error), "The file may be truncated or damaged", error);
        }
    }

    /// <exception cref="ArtefactException">The graph fails.</exception>
    public static IDisposableReadOnlyCollection<OrtValue> Run(InferenceSession session, string path, RunOptions options, IReadOnlyCollection<string> names,
        IReadOnlyCollection<OrtValue> inputs, IReadOnlyCollection<string> outputs)
    {
        try
        {
            return session.Run(options, names, inputs, outputs);
        }
        catch (OnnxRuntimeException error)
        {
            throw new ArtefactException(path, null, "a graph that runs", Shorten(error), inner: error);
        }
    }

    /// <summary>ONNX Runtime's own message without its error class, on one line.</summary>
    private static string Shorten(OnnxRuntimeException error)
    {
        const int MostCharacters = 200;
        string text = error.Message.ReplaceLineEndings(" ").Trim();
        return text.Length <= MostCharacters ? text : text[..MostCharacters] + "...";
    }
}
