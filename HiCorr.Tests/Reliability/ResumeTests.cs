using HiCorr.Tests.EndToEnd;

namespace HiCorr.Tests.Reliability;

public sealed class ResumeTests(TinyRooms rooms) : IClassFixture<TinyRooms>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("hicorr", "adamw")]
    [InlineData("openscene-distill", "sgd")]
    [InlineData("clip2scene", "sgd")]
    [InlineData("sam-refine", "sgd")]
    public void Killed_training_ends_in_the_bits_of_an_undisturbed_one(string method, string optimiser)
    {
        string settings = _folder.PathOf("settings.yaml");
        File.WriteAllText(settings, $"train:\n  optimiser: {optimiser}\n  learning_rate: 0.003\n  precise_batch_norm: true\n");
        string[] more = ["--method", method, "--config", settings];
        byte[] undisturbed = TrainToTheEnd(_folder.PathOf("undisturbed"), more);

        string disturbed = _folder.PathOf("disturbed");
        for (int kill = 0; kill < 3; kill++)
        {
            using HicorrProcess process = HicorrProcess.Start(rooms.Flags("train", disturbed, more));
            // Another moment each time: in the first stages, in the middle of an epoch, while a checkpoint is written.
            WaitForCheckpoint(disturbed, process, extraMilliseconds: 37 * kill);
            process.Signal("KILL");
            process.Wait();
        }

        Assert.Equal(undisturbed, TrainToTheEnd(disturbed, more));
        Assert.Empty(Directory.GetFiles(Path.Combine(disturbed, "cache", "train"), ".*.tmp", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public void Stopped_training_saves_exits_75_and_goes_on_to_the_same_bits(string signal)
    {
        byte[] undisturbed = TrainToTheEnd(_folder.PathOf("undisturbed"));

        string stopped = _folder.PathOf("stopped");
        using HicorrProcess process = HicorrProcess.Start(rooms.Flags("train", stopped));
        WaitForCheckpoint(stopped, process, extraMilliseconds: 0);
        process.Signal(signal);
        (int code, _, string errors) = process.Wait();

        Assert.True(code == 75, $"exit code {code}: {errors}");
        Assert.Contains("the same command goes on", errors, StringComparison.Ordinal);
        Assert.Equal(undisturbed, TrainToTheEnd(stopped, "--resume"));
    }

    [Fact]
    public void Resume_without_a_checkpoint_is_an_error_that_says_so()
    {
        (int code, _, string errors) = HicorrProcess.Run(rooms.Flags("train", _folder.PathOf("new"), "--resume"));

        Assert.Equal(2, code);
        Assert.Contains("no checkpoint", errors, StringComparison.Ordinal);
    }

    private byte[] TrainToTheEnd(string outFolder, params string[] more)
    {
        (int code, _, string errors) = HicorrProcess.Run(rooms.Flags("train", outFolder, more));
        Assert.True(code == 0, errors);
        return File.ReadAllBytes(Path.Combine(outFolder, "network.safetensors"));
    }

    private static void WaitForCheckpoint(string outFolder, HicorrProcess process, int extraMilliseconds)
    {
        var limit = System.Diagnostics.Stopwatch.StartNew();
        DateTime before = Newest(outFolder);
        while (Newest(outFolder) == before && !process.HasExited && limit.Elapsed < TimeSpan.FromMinutes(2)) Thread.Sleep(5);
        Assert.False(process.HasExited, "the training was over before it could be disturbed: give it more epochs");
        Thread.Sleep(extraMilliseconds);
    }

    private static DateTime Newest(string outFolder)
    {
        string folder = Path.Combine(outFolder, "cache", "train");
        string? file = Directory.Exists(folder) ? Directory.GetFiles(folder, "checkpoint.safetensors", SearchOption.AllDirectories).FirstOrDefault() : null;
        return file is null ? DateTime.MinValue : File.GetLastWriteTimeUtc(file);
    }
}
