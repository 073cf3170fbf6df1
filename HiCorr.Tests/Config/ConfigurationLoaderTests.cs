using HiCorr.Pipeline.Config;

namespace HiCorr.Tests.Config;

public sealed class ConfigurationLoaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Later_sources_win_over_earlier_ones()
    {
        string file = _folder.PathOf("my.yaml");
        File.WriteAllText(file, "train:\n  epochs: 7\n  batch_scenes: 3\n");

        Configuration configuration = ConfigurationLoader.Load(null, file, [("train.epochs", "9")]);

        Assert.Equal((9, 3), (configuration.Train.Epochs, configuration.Train.BatchScenes));
    }

    [Fact]
    public void Suggests_the_nearest_key_for_an_unknown_one()
    {
        var error = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load(null, null, [("train.epoch", "9")]));

        Assert.Contains("train.epochs", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train.epochs", "many", "whole number")]
    [InlineData("train.epochs", "0", "out of range")]
    [InlineData("network.voxel_size", "-0.05", "out of range")]
    [InlineData("network.voxel_size", "NaN", "out of range")]
    [InlineData("refine.scope", "image", "view")]
    [InlineData("train.flip", "2", "true or false")]
    [InlineData("pseudo_label.size", "640x0", "Allowed: pack, image, a number of pixels, or WIDTHxHEIGHT; sides of 1 to 16384")]
    [InlineData("pseudo_label.size", "none", "Allowed: pack, image")]
    [InlineData("pseudo_label.window", "image", "Allowed: none, pack")]
    [InlineData("pseudo_label.overlap", "1", "Allowed: 0 to 0.9")]
    [InlineData("pseudo_label.scales", "0", "different numbers from 0.1 to 8")]
    [InlineData("pseudo_label.scales", "", "different numbers from 0.1 to 8")]
    [InlineData("pseudo_label.scales", "1,0.5,1.0", "different numbers from 0.1 to 8")]
    [InlineData("pseudo_label.scales", "1,NaN", "different numbers from 0.1 to 8")]
    [InlineData("pseudo_label.batch", "0", "out of range")]
    [InlineData("pseudo_label.device", "gpu", "Allowed: compute, cpu, cuda")]
    [InlineData("pseudo_label.key_smoothing", "1.5", "out of range")]
    public void Names_key_and_allowed_values_for_a_value_it_cannot_take(string key, string value, string reason)
    {
        var error = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load(null, null, [(key, value)]));

        Assert.Equal(key, error.Key);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_its_own_yaml_back_to_the_same_values()
    {
        Configuration configuration = ConfigurationLoader.Load(null, null, [("dataset.root", "a \"b\" \\ c"), ("train.learning_rate", "0.1")]);
        string file = _folder.PathOf("resolved.yaml");
        File.WriteAllText(file, ConfigurationLoader.ToYaml(configuration));

        Assert.Equal(configuration, ConfigurationLoader.Load(null, file, []));
    }

    [Fact]
    public void Every_preset_can_be_loaded()
    {
        foreach (string preset in ConfigurationLoader.PresetNames) ConfigurationLoader.Load(preset, null, []);
    }

    [Fact]
    public void Every_method_can_be_loaded()
    {
        Assert.Contains("hicorr", ConfigurationLoader.Methods);
        foreach (string method in ConfigurationLoader.Methods) ConfigurationLoader.Load(null, null, [], method);
    }

    [Theory]
    [InlineData("maskclip", "none", false, "projected")]
    [InlineData("openscene-fusion", "none", false, "fused")]
    [InlineData("openscene-distill", "none", true, "network")]
    [InlineData("openscene-ensemble", "none", true, "ensemble")]
    [InlineData("clip2scene", "none", false, "network")]
    [InlineData("maskclip-plus", "none", false, "projected")]
    [InlineData("sam-refine", "none", false, "network")]
    [InlineData("hicorr", "inter", false, "network")]
    public void Method_says_what_is_trained_and_what_predicts(string method, string correlation, bool distillation, string source)
    {
        Configuration configuration = ConfigurationLoader.Load(null, null, [], method);

        Assert.Equal((correlation, distillation, source), (configuration.Correlation.Scope, configuration.Distillation.Enabled, configuration.Predict.Source));
    }

    [Fact]
    public void Method_hicorr_is_what_the_default_preset_says()
    {
        Assert.Equal(ConfigurationLoader.Load(null, null, []), ConfigurationLoader.Load(null, null, [], "hicorr"));
    }

    [Fact]
    public void Method_wins_over_the_preset_and_yields_to_the_file()
    {
        string file = _folder.PathOf("my.yaml");
        File.WriteAllText(file, "feedback:\n  enabled: false\n");

        Configuration configuration = ConfigurationLoader.Load("demo", file, [], "hicorr");

        Assert.Equal(("inter", false, 0.12), (configuration.Correlation.Scope, configuration.Feedback.Enabled, configuration.Network.VoxelSize));
    }

    [Fact]
    public void Unknown_method_names_the_nearest_and_all()
    {
        var error = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load(null, null, [], "hicor"));

        Assert.Equal("--method", error.Key);
        Assert.Contains("Did you mean 'hicorr'? Methods: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Value_for_a_section_names_a_key_inside_it()
    {
        var error = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load(null, null, [("train", "3")]));

        Assert.Contains("Its settings are train.NAME, for example train.epochs", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Section_without_any_line_changes_nothing()
    {
        string file = _folder.PathOf("my.yaml");
        File.WriteAllText(file, "dataset:\n  # root: somewhere\nseed: 3\n");

        Assert.Equal(ConfigurationLoader.Load(null, null, [("seed", "3")]), ConfigurationLoader.Load(null, file, []));
    }

    [Fact]
    public void File_of_another_kind_is_no_unknown_key()
    {
        string file = _folder.PathOf("notes.txt");
        File.WriteAllText(file, "just a note\n");

        Assert.EndsWith("notes.txt, line 1: expected keys with a single value each, found a value without a key",
            Assert.Throws<InputException>(() => ConfigurationLoader.Load(null, file, [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_yaml_names_file_and_line()
    {
        string file = _folder.PathOf("bad.yaml");
        File.WriteAllText(file, "train:\n  epochs: [1\n");

        var error = Assert.Throws<InputException>(() => ConfigurationLoader.Load(null, file, []));

        Assert.Contains("bad.yaml, line", error.Message, StringComparison.Ordinal);
    }
}
