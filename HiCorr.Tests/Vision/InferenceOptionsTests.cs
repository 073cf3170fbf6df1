using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Tests.Vision;

public sealed class InferenceOptionsTests
{
    private static InferenceOptions Of(string folder, params (string Key, string Value)[] settings) =>
        InferenceOptions.Of(ConfigurationLoader.Load(null, null, settings.Select(setting => ("pseudo_label." + setting.Key, setting.Value))), ModelPack.Open(folder));

    [Fact]
    public void Reads_the_settings()
    {
        InferenceOptions options = Of(TinyPack.Resizable, ("size", "96x64"), ("window", "pack"), ("scales", "0.5, 1"), ("flip", "true"), ("resize", "stretch"));

        Assert.Equal((new ImageSize(96, 64), new ImageSize(48, 32), ImageFit.Stretch), (options.Size!.Value, options.Window!.Value, options.Fit!.Value));
        Assert.Equal([0.5, 1], options.Scales);
        Assert.True(options.Flip);
    }

    [Theory]
    [InlineData("size", "96x64", "pseudo_label.size: 96x64 does not fit the model pack 'tiny', whose graph takes 48x32 alone")]
    [InlineData("size", "image", "images at their own size do not fit")]
    [InlineData("scales", "0.5,1", "pseudo_label.scales: the graph of the model pack 'tiny' takes 48x32 alone")]
    [InlineData("window", "24x16", "pseudo_label.window: 24x16 does not fit the model pack 'tiny'")]
    [InlineData("key_smoothing", "1", "pseudo_label.key_smoothing: the model pack 'tiny' gives no keys")]
    public void Names_the_setting_that_a_fixed_graph_cannot_follow(string key, string value, string message)
    {
        Assert.Contains(message, Assert.Throws<ConfigurationException>(() => Of(TinyPack.Source, (key, value))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lets_a_fixed_graph_slide_over_any_size_and_scale()
    {
        InferenceOptions options = Of(TinyPack.Source, ("window", "48x32"), ("size", "image"), ("scales", "2,1"));

        Assert.True(options.AtOwnSize);
        Assert.Equal(Of(TinyPack.Source, ("size", "48x32")).Size, new ImageSize(48, 32));
    }

    [Fact]
    public void Offers_the_nearest_window_of_whole_cells() =>
        Assert.Contains("pseudo_label.window: 30x33 is not a whole number of the 4 x 4 pixels of a cell of the model pack 'tiny-resizable'. Give 32x32",
            Assert.Throws<ConfigurationException>(() => Of(TinyPack.Resizable, ("window", "30x33"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Says_that_this_build_has_no_cuda()
    {
        if (Microsoft.ML.OnnxRuntime.OrtEnv.Instance().GetAvailableProviders().Contains("CUDAExecutionProvider")) Assert.Skip("this build has CUDA");

        Assert.Contains("pseudo_label.device: is 'cuda', but this build's ONNX Runtime knows the CPU alone. Set it to cpu, or build with -p:Gpu=true",
            Assert.Throws<ConfigurationException>(() => Of(TinyPack.Source, ("device", "cuda"))).Message, StringComparison.Ordinal);
    }
}
