using Microsoft.ML.OnnxRuntime;

namespace HiCorr.Pipeline.Vision;

/// <summary>ONNX graphs in ONNX Runtime, with its failures as errors that name the file.</summary>
internal static class OnnxGraph
{
    private const string CudaProvider = "CUDAExecutionProvider";

    /// <summary>Whether this build's ONNX Runtime knows CUDA.</summary>
    public static bool HasCuda => OrtEnv.Instance().GetAvailableProviders().Contains(CudaProvider);

    /// <summary>To be called where a GPU is asked for, before hours of work.</summary>
    /// <param name="key">The setting that asks.</param>
    /// <exception cref="ConfigurationException">This build's ONNX Runtime has no CUDA.</exception>
    public static void RequireCuda(string key)
    {
        if (!HasCuda)
            throw new ConfigurationException(key, "is 'cuda', but this build's ONNX Runtime knows the CPU alone", "Set it to cpu, or build with -p:Gpu=true");
    }

    /// <exception cref="ArtefactException">The file is missing or no ONNX graph.</exception>
    /// <exception cref="DeviceException">The GPU cannot be used.</exception>
    public static InferenceSession Open(string path, InferenceDevice device = InferenceDevice.Cpu)
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
        if (device == InferenceDevice.Cuda) AddCuda(options);
        try
        {
            return new InferenceSession(path, options);
        }
        catch (OnnxRuntimeException error)
        {
            throw new ArtefactException(path, null, "an ONNX graph", Shorten(error), "The file may be truncated or damaged", error);
        }
    }

    private static void AddCuda(SessionOptions options)
    {
        try
        {
            using var cuda = new OrtCUDAProviderOptions();
            // Products in TF32 keep ten bits: labels would differ from the CPU's.
            cuda.UpdateOptions(new Dictionary<string, string> { ["use_tf32"] = "0" });
            options.AppendExecutionProvider_CUDA(cuda);
        }
        catch (OnnxRuntimeException error)
        {
            throw new DeviceException($"CUDA cannot be used: {Shorten(error)}", error);
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
