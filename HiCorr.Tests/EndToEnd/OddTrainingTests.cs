namespace HiCorr.Tests.EndToEnd;

/// <summary>The whole method where there is little to learn from: a result that makes sense, or one clear line.</summary>
public sealed class OddTrainingTests(TinyRooms rooms) : IClassFixture<TinyRooms>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void No_training_scenes_are_an_error_that_names_the_split()
    {
        string root = _folder.PathOf("rooms");
        Directory.CreateDirectory(root);
        Directory.CreateSymbolicLink(Path.Combine(root, "scans"), Path.Combine(rooms.Root, "scans"));
        Directory.CreateSymbolicLink(Path.Combine(root, "scannet_frames_25k"), Path.Combine(rooms.Root, "scannet_frames_25k"));
        File.WriteAllText(Path.Combine(root, "scannetv2_train.txt"), "");
        File.Copy(Path.Combine(rooms.Root, "scannetv2_val.txt"), Path.Combine(root, "scannetv2_val.txt"));

        (int code, _, string errors) = HicorrProcess.Run("run", "--dataset", "scannet", "--root", root, "--model", rooms.Pack, "--out", _folder.PathOf("out"), "--quiet");

        Assert.Equal(3, code);
        Assert.Contains("scannetv2_train.txt", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("correlation.points=1000000")] // far more than a room has
    [InlineData("train.class_balance=1")] // 'table' is a class that no pixel is given
    [InlineData("train.batch_scenes=8")] // more than there are
    public void Trains_to_finite_losses(string setting)
    {
        (int code, _, string errors) = HicorrProcess.Run([.. rooms.Flags("train", _folder.PathOf("out"), "--method", "hicorr", "--quiet"), "train.epochs=3", "correlation.points=64", setting]);

        Assert.True(code == 0, errors);
        string[] rows = File.ReadAllLines(_folder.PathOf("out", "metrics.csv"));
        Assert.Equal(4, rows.Length);
        Assert.DoesNotContain(rows, row => row.Contains("NaN", StringComparison.OrdinalIgnoreCase) || row.Contains('∞', StringComparison.Ordinal));
    }
}
