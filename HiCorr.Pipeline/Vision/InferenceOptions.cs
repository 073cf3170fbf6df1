using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Pipeline.Vision;

/// <summary>What a network runs on.</summary>
public enum InferenceDevice
{
    /// <summary>All cores.</summary>
    Cpu,

    /// <summary>The first GPU, through ONNX Runtime's CUDA provider.</summary>
    Cuda,
}

/// <summary>How <see cref="DensePredictor"/> looks at an image. A new one looks at the whole image once, at the pack's own size.</summary>
public sealed record InferenceOptions
{
    private const string Section = "pseudo_label.";

    /// <summary>How images are brought to the network's size; null leaves it to the pack.</summary>
    public ImageFit? Fit { get; init; }

    /// <summary>What images are scaled into; null for the pack's input size.</summary>
    public ImageSize? Size { get; init; }

    /// <summary>Images are not scaled at all, whatever <see cref="Size"/>.</summary>
    public bool AtOwnSize { get; init; }

    /// <summary>Size of a window that slides over the image, in whole cells; null for the whole image at once.</summary>
    public ImageSize? Window { get; init; }

    /// <summary>Share of a window that the next one covers again, below 1.</summary>
    public double Overlap { get; init; }

    /// <summary>Looks at the mirror image too.</summary>
    public bool Flip { get; init; }

    /// <summary>Factors of the size, each a look of its own.</summary>
    public IReadOnlyList<double> Scales { get; init; } = [1];

    /// <summary>Classes whose highest probability in the image is below this are dropped; 0 for none.</summary>
    public double PromptDenoising { get; init; }

    /// <summary>Cells whose highest probability is below this are averaged over those with similar keys; 0 for none.</summary>
    public double KeySmoothing { get; init; }

    /// <summary>Pixels whose probability is below this get no label.</summary>
    public double MinConfidence { get; init; }

    /// <summary>Longer sides of label maps are scaled down to this.</summary>
    public int MaxSide { get; init; } = int.MaxValue;

    /// <summary>Inputs of the network in one run, at most.</summary>
    public int Batch { get; init; } = 1;

    public InferenceDevice Device { get; init; }

    /// <summary>The options that a configuration asks for, checked against what the pack can do.</summary>
    /// <exception cref="ConfigurationException">The pack cannot do it, or settings do not fit each other.</exception>
    public static InferenceOptions Of(Configuration all, ModelPack pack)
    {
        PseudoLabelConfiguration configuration = all.PseudoLabel;
        var options = new InferenceOptions
        {
            Fit = configuration.Resize switch
            {
                "pad" => ImageFit.Pad,
                "stretch" => ImageFit.Stretch,
                _ => null,
            },
            Size = ImageSize.TryParse(configuration.Size, out ImageSize size) ? size : null,
            AtOwnSize = configuration.Size == "image",
            Window = configuration.Window == "pack" ? new ImageSize(pack.Manifest.Width, pack.Manifest.Height) : ImageSize.TryParse(configuration.Window, out ImageSize window) ? window : null,
            Overlap = configuration.Overlap,
            Flip = configuration.Flip,
            Scales = ScalesFormatAttribute.Parse(configuration.Scales)!,
            PromptDenoising = configuration.PromptDenoising,
            KeySmoothing = configuration.KeySmoothing,
            MinConfidence = configuration.MinConfidence,
            MaxSide = configuration.MaxSide,
            Batch = configuration.Batch,
            Device = DeviceOf(all),
        };
        options.Check(pack.Manifest);
        return options;
    }

    /// <summary>Where networks run on a GPU, those of model packs do so if this build can; what is asked for by name is checked later.</summary>
    private static InferenceDevice DeviceOf(Configuration configuration)
    {
        if (configuration.PseudoLabel.Device != "compute") return configuration.PseudoLabel.Device == "cuda" ? InferenceDevice.Cuda : InferenceDevice.Cpu;
        if (configuration.Compute.Device == "cpu") return InferenceDevice.Cpu;
        if (OnnxGraph.HasCuda) return InferenceDevice.Cuda;
        Log.Warn("model packs run on the processor: this build's ONNX Runtime knows the CPU alone; one built with -p:Gpu=true knows CUDA too");
        return InferenceDevice.Cpu;
    }

    /// <summary>Whether every input has the size that the pack names, with bars around the image.</summary>
    internal bool HasFixedInput(ModelManifest manifest) => !manifest.Resizable && Window is null;

    private void Check(ModelManifest manifest)
    {
        var input = new ImageSize(manifest.Width, manifest.Height);
        if (Window is { } window) CheckWindow(window, input, manifest);
        else if (!manifest.Resizable && (AtOwnSize || (Size is { } size && size != input)))
            throw new ConfigurationException(Section + "size", $"{(AtOwnSize ? "images at their own size do" : $"{Size} does")} not fit the model pack '{manifest.Name}', whose graph takes {input} alone",
                "Leave it at pack, or let a window slide over the image (pseudo_label.window=pack)");
        else if (!manifest.Resizable && !Scales.SequenceEqual([1.0]))
            throw new ConfigurationException(Section + "scales", $"the graph of the model pack '{manifest.Name}' takes {input} alone", "Leave it at 1, or let a window slide over the image (pseudo_label.window=pack)");
        if (KeySmoothing > 0 && manifest.Keys is null)
            throw new ConfigurationException(Section + "key_smoothing", $"the model pack '{manifest.Name}' gives no keys (an output with the role lastLayerKeys)", "Set it to 0, or export the pack with them");
        if (Device == InferenceDevice.Cuda) OnnxGraph.RequireCuda(Section + "device");
    }

    private static void CheckWindow(ImageSize window, ImageSize input, ModelManifest manifest)
    {
        const string Key = Section + "window";
        if (!manifest.Resizable && window != input)
            throw new ConfigurationException(Key, $"{window} does not fit the model pack '{manifest.Name}', whose graph takes {input} alone", "Set it to pack or none");
        int stride = manifest.Stride;
        if (window.Width % stride == 0 && window.Height % stride == 0) return;
        throw new ConfigurationException(Key, $"{window} is not a whole number of the {stride} x {stride} pixels of a cell of the model pack '{manifest.Name}'",
            manifest.Resizable ? $"Give {new ImageSize(Whole(window.Width), Whole(window.Height))}" : "Set it to none");

        int Whole(int side) => Math.Max(1, (side + stride / 2) / stride) * stride;
    }
}
