using HiCorr.Tests.EndToEnd;

namespace HiCorr.Tests.Cli;

public sealed class ExitCodeTests(TinyRooms rooms) : IClassFixture<TinyRooms>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("help", 0)]
    [InlineData("--version", 0)]
    [InlineData("trian", 2)]
    public void Verb_line_maps_to_its_exit_code(string argument, int expected) => Assert.Equal(expected, HicorrProcess.Run(argument).Code);

    [Fact]
    public void Mistyped_verb_is_met_with_the_nearest_one() => Expect(2, "Did you mean 'train'?", "trian");

    [Fact]
    public void Mistyped_option_is_met_with_the_nearest_one() => Expect(2, "Did you mean 'classes'?", "run", "--clases", "wall", "--out", "o");

    [Theory]
    [InlineData("run")]
    [InlineData("train")]
    [InlineData("evaluate")]
    public void Result_of_all_scenes_together_has_no_shards(string verb) => Expect(2, "--shard", rooms.Flags(verb, _folder.Root, "--shard", "1/2"));

    [Fact]
    public void Network_that_is_not_there_is_an_artefact_error_before_any_work()
    {
        Expect(4, "nowhere.safetensors", rooms.Flags("evaluate", _folder.PathOf("out"), "--network", _folder.PathOf("nowhere.safetensors")));
        Assert.False(Directory.Exists(_folder.PathOf("out")));
    }

    [Theory]
    [InlineData("a/room.ply,b/room.ply", "would both become room.prediction.ply")]
    [InlineData(",", "names no file")]
    public void Clouds_that_cannot_be_told_apart_are_a_usage_error(string clouds, string words) =>
        Expect(2, words, "predict", "--network", "n.safetensors", "--cloud", clouds, "--out", _folder.Root);

    [Theory]
    [InlineData("predict --network n --cloud c.ply --out o --up w", "--up: 'w' is no axis")]
    [InlineData("render --ply c.ply --out o --up auto", "--up: 'auto' is no axis")]
    [InlineData("synth --out o --captions -1", "--captions")]
    [InlineData("demo --out o --scenes 0", "--scenes")]
    [InlineData("demo --out o --val 0", "--val")]
    [InlineData("synth --out o --captions 5 --caption-size 1", "--caption-size")]
    [InlineData("synth --out o --threads -1", "--threads")]
    public void Value_out_of_range_is_a_usage_error_before_any_work(string line, string words)
    {
        Expect(2, words, [.. line.Split(' ').Select(word => word == "o" ? _folder.PathOf("o") : word)]);
        Assert.False(Directory.Exists(_folder.PathOf("o")));
    }

    [Fact]
    public void Unknown_class_is_a_usage_error_with_a_suggestion() =>
        Expect(2, "Did you mean 'chair'", rooms.Flags("pseudo-label", _folder.Root, "--classes", "wall,chiar"));

    [Fact]
    public void Unknown_layout_lists_the_layouts() => Expect(2, "scannet", "preprocess", "--dataset", "scanet", "--root", rooms.Root, "--out", _folder.Root);

    [Fact]
    public void Missing_root_says_which_folder() => Expect(3, "no such folder", "preprocess", "--root", _folder.PathOf("nowhere"), "--out", _folder.Root);

    [Fact]
    public void Shard_that_is_not_i_of_n_is_a_usage_error() => Expect(2, "--shard", rooms.Flags("preprocess", _folder.Root, "--shard", "3/2"));

    [Theory]
    [InlineData("--voxels", "network")]
    [InlineData("--width", "correlation", "--width", "100")]
    [InlineData("--points", "correlation", "--points", "0")]
    [InlineData("network, correlation or ops", "nothing")]
    public void Bench_says_what_it_needs(string words, params string[] arguments) => Expect(2, words, ["bench", .. arguments]);

    [Theory]
    [InlineData("--dry-run")]
    [InlineData("--shard", "1/2")]
    [InlineData("--split", "val")]
    public void Segmenting_one_mesh_refuses_options_of_data_sets(params string[] option)
    {
        string mesh = Directory.GetFiles(rooms.Root, "*_vh_clean_2.ply", SearchOption.AllDirectories)[0];

        Expect(2, option[0], ["oversegment", "--mesh", mesh, "--out", _folder.PathOf("segs.json"), .. option]);
        Assert.False(File.Exists(_folder.PathOf("segs.json")));
    }

    [Fact]
    public void Truncated_mesh_is_a_bad_input_that_names_the_file()
    {
        string root = _folder.PathOf("rooms");
        CopyFolder(rooms.Root, root);
        string mesh = Directory.GetFiles(root, "*_vh_clean_2.ply", SearchOption.AllDirectories)[0];
        File.WriteAllBytes(mesh, File.ReadAllBytes(mesh)[..5000]);

        Expect(3, Path.GetFileName(mesh), "preprocess", "--root", root, "--out", _folder.PathOf("out"), "--quiet");
        Assert.Empty(Directory.GetFiles(_folder.PathOf("out"), ".*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public void Damaged_network_file_is_an_artefact_error()
    {
        string network = _folder.PathOf("network.safetensors");
        File.WriteAllBytes(network, [1, 2, 3]);
        string cloud = Directory.GetFiles(rooms.Root, "*_vh_clean_2.ply", SearchOption.AllDirectories)[0];

        Expect(4, "network.safetensors", "predict", "--network", network, "--cloud", cloud, "--out", _folder.PathOf("out"));
    }

    [Fact]
    public void Learning_rate_that_blows_up_is_a_non_finite_training() =>
        Expect(7, "learning_rate", [.. rooms.Flags("train", _folder.Root, "--quiet"), "train.learning_rate=100", "train.weight_decay=1"]);

    private static void Expect(int expected, string words, params string[] arguments)
    {
        (int code, _, string errors) = HicorrProcess.Run(arguments);

        Assert.True(code == expected, $"exit code {code}: {errors}");
        Assert.Contains(words, errors, StringComparison.Ordinal);
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
