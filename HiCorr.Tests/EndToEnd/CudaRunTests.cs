using System.Text.Json;

namespace HiCorr.Tests.EndToEnd;

/// <summary>The real command line on a CUDA device: the emulator's.</summary>
public sealed class CudaRunTests : IDisposable
{
    private static readonly string[] s_short = ["train.epochs=3", "network.voxel_size=0.6", "correlation.points=32", "correlation.start_epoch=2", "feedback.start_epoch=3", "train.learning_rate=0.001"];
    private readonly TinyRooms _rooms = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _rooms.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_run_on_cuda_has_the_cpus_losses_and_nearly_its_predictions()
    {
        string cpu = _folder.PathOf("cpu"), cuda = _folder.PathOf("cuda");
        Assert.Equal((0, ""), Failure(HicorrProcess.Run([.. _rooms.Flags("run", cpu), .. s_short])));

        Assert.Equal((0, ""), Failure(HicorrProcess.RunWith([("HICORR_CUDA_DRIVER", "emulator")], [.. _rooms.Flags("run", cuda, "--device", "cuda", "--cache", Path.Combine(cpu, "cache")), .. s_short])));

        double[] expected = Losses(cpu), actual = Losses(cuda);
        Assert.Equal(3, actual.Length);
        // Later steps start from weights that already differ in their last bits.
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 0.01 * pair.First));
        Assert.Equal(expected[0], actual[0], 1e-3 * expected[0]);
    }

    [Fact]
    public void Without_a_gpu_cuda_is_an_error_that_says_what_is_missing_and_auto_the_processor()
    {
        (string, string)[] none = [("HICORR_LIBCUDA", "/nowhere/libcuda.so.1"), ("HICORR_NVRTC", "/nowhere/libnvrtc.so")];

        (int code, _, string errors) = HicorrProcess.RunWith(none, [.. _rooms.Flags("run", _folder.PathOf("cuda"), "--device", "cuda"), .. s_short]);
        Assert.Equal(5, code);
        Assert.Contains("/nowhere/lib", errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder.PathOf("cuda"), "cache", "pseudo-label")), "said only after the labelling");
        Assert.Equal(5, HicorrProcess.RunWith(none, "demo", "--device", "cuda", "--out", _folder.PathOf("demo")).Code);
        Assert.False(Directory.Exists(_folder.PathOf("demo")), "said only after the rooms");

        (code, _, errors) = HicorrProcess.RunWith(none, [.. _rooms.Flags("run", _folder.PathOf("auto"), "--device", "auto"), .. s_short]);
        Assert.Equal(0, code);
        Assert.Contains("networks run on the processor", errors, StringComparison.Ordinal);
    }

    private static (int, string) Failure((int Code, string Output, string Errors) run) => (run.Code, run.Code == 0 ? "" : run.Errors);

    private static double[] Losses(string run) =>
        [.. File.ReadLines(Path.Combine(run, "metrics.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("loss").GetDouble())];
}
