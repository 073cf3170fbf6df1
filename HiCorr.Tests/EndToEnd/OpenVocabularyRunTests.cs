using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Tests.Vision.Text;

namespace HiCorr.Tests.EndToEnd;

/// <summary>Runs on small rooms with a pack that has a text tower and no classes.</summary>
public sealed class OpenVocabularyRunTests(TinyRooms rooms) : IClassFixture<TinyRooms>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Trains_on_classes_that_are_prompts()
    {
        Run("hicorr", "a", "wall: red, green\nfloor: blue\nchair: yellow | red\n");

        Assert.True(File.Exists(_folder.PathOf("a", "network.safetensors")));
        Assert.Single(Directory.GetFiles(_folder.PathOf("cache", "text"), "rows.npy", SearchOption.AllDirectories));
    }

    [Fact]
    public void Fused_features_go_to_the_class_of_their_best_prompt()
    {
        byte[] together = Run("openscene-fusion", "a", "wall: red, green\nfloor: blue\nchair: yellow\n");
        byte[] apart = Run("openscene-fusion", "b", "wall: red\ntable: green\nfloor: blue\nchair: yellow\n");

        byte[] classOf = [0, 0, 1, 2];
        Assert.Equal(apart.Select(label => label == 255 ? label : classOf[label]), together);
        Assert.True(together.Distinct().Count() > 2);
    }

    /// <returns>Labels of the scene that is segmented.</returns>
    private byte[] Run(string method, string name, string classes)
    {
        string file = _folder.PathOf(name + ".txt"), cache = _folder.PathOf("cache"), pack = TextPack.Create(_folder);
        File.WriteAllText(file, classes);
        string[] before = Labels();
        (int code, _, string errors) = HicorrProcess.Run("run", "--dataset", "scannet", "--root", rooms.Root, "--model", pack, "--classes", file, "--method", method, "--cache", cache,
            "--out", _folder.PathOf(name), "--set", "network.voxel_size=0.2", "train.batch_scenes=1", "train.epochs=4", "correlation.points=128");
        Assert.True(code == 0, errors);
        return NpyReader.Read<byte>(Assert.Single(Labels().Except(before)), -1).Data;

        string[] Labels() => Directory.Exists(Path.Combine(cache, "predict")) ? Directory.GetFiles(Path.Combine(cache, "predict"), "labels.npy", SearchOption.AllDirectories) : [];
    }
}
