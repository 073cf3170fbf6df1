using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Random;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Segmentation;
using HiCorr.Pipeline.Stages.Train;
using HiCorr.Pipeline.Telemetry;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Stages.Train.Cuda;

/// <summary>Steps of HiCorr's training on a CUDA device: all three phases, all losses, against the CPU.</summary>
public sealed class TrainerKernelTests : IDisposable
{
    private const int Width = 24, Points = 160;
    private static readonly ClassList s_classes = new("three", ["floor", "wall", "chair"]);
    private readonly TemporaryFolder _folder = new();
    private int _runs;

    public TrainerKernelTests() => Progress.Enabled = false;

    public void Dispose() => _folder.Dispose();

    /// <summary>One step an epoch: L_ce alone, then with L̂_ce, then with L_kl. The rates move nothing, so that every epoch has the same weights on both.</summary>
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Three_phases_have_the_cpus_losses_and_gradients(string name)
    {
        Result expected = Train(CpuDevice.Default);
        using CudaDevice device = KernelDevices.Open(name);
        Result actual = Train(device);

        Assert.Equal(3, actual.History.Count);
        Assert.NotNull(expected.History[2].FeedbackLoss);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            KernelAssert.Close(expected.History[epoch].Loss, actual.History[epoch].Loss, 1e-5, $"L_ce of epoch {epoch + 1}");
            KernelAssert.Close(expected.History[epoch].CorrelationLoss ?? 0, actual.History[epoch].CorrelationLoss ?? 0, 1e-5, $"L̂_ce of epoch {epoch + 1}");
            KernelAssert.Close(expected.History[epoch].FeedbackLoss ?? 0, actual.History[epoch].FeedbackLoss ?? 0, 2e-4, $"L_kl of epoch {epoch + 1}");
        }
        foreach ((string parameter, float[] gradient) in expected.Gradients) KernelAssert.Close(gradient, actual.Gradients[parameter], 1e-4, $"gradient of {parameter}");
    }

    [Fact]
    public void Float16_trains_with_a_loss_scale_that_the_checkpoint_keeps()
    {
        using CudaDevice device = KernelDevices.Open(KernelDevices.Emulator, Precision.Fp16);

        Result half = Train(device), whole = Train(CpuDevice.Default);

        Assert.Equal(whole.History[2].Loss, half.History[2].Loss, 0.02 * whole.History[2].Loss);
        string checkpoint = Path.Combine(_folder.PathOf("run1"), Checkpoint.FileName);
        Assert.Contains("loss_scale.steps", System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(checkpoint)[..100_000]), StringComparison.Ordinal);
    }

    private Result Train(Device device)
    {
        Configuration configuration = ConfigurationLoader.Load(null, null,
        [
            ("train.epochs", "3"), ("train.batch_scenes", "2"), ("train.learning_rate", "1e-12"), ("train.weight_decay", "0"), ("network.voxel_size", "0.4"), ("correlation.points", "20"),
            ("correlation.learning_rate", "1e-12"), ("correlation.start_epoch", "2"), ("correlation.heads", "3"), ("feedback.start_epoch", "3"),
        ]);
        string folder = _folder.PathOf($"run{++_runs}");
        Directory.CreateDirectory(folder);
        using var network = new SegmentationNetwork(device, TextEmbeddings.Normalised(s_classes, Width, KernelData.Uniform("text", s_classes.Count * Width)), 0.4);
        using var trainer = new Trainer(configuration, [Scene(1), Scene(2)], network, folder, "key");
        IReadOnlyList<EpochMetrics> history = trainer.Run(CancellationToken.None);
        return new Result(history, trainer.Networks.SelectMany(trained => trained.Parameters).ToDictionary(parameter => parameter.Name, parameter => parameter.Gradient.ToArray()));
    }

    /// <summary>A floor and a wall with boxes before it, seen by two frames that disagree here and there.</summary>
    private static TrainingScene Scene(ulong seed)
    {
        var random = new CounterRandom(seed, "scene");
        float[] positions = new float[3 * Points];
        byte[] colors = new byte[3 * Points], labels = new byte[2 * Points];
        int[] segments = new int[Points];
        for (int p = 0; p < Points; p++)
        {
            segments[p] = p % 3;
            for (int axis = 0; axis < 3; axis++)
            {
                bool flat = (segments[p], axis) is (0, 2) or (1, 0);
                positions[(3 * p) + axis] = flat ? 0 : (float)random.Uniform((ulong)((3 * p) + axis), 0, axis == 2 ? 2 : 4);
                colors[(3 * p) + axis] = (byte)random.Integer((ulong)(1000 + (3 * p) + axis), 256);
            }
            labels[p] = (byte)segments[p];
            labels[Points + p] = (byte)(p % 5 == 0 ? 2 : segments[p]);
        }
        return new TrainingScene($"scene{seed}", new PointCloud { Positions = positions, Colors = colors, Normals = new float[3 * Points] }, Upright.Rotation((0, 0, 1)), new LabelPairs
        {
            FrameOffsets = [0, Points, 2 * Points], Points = [.. Enumerable.Range(0, 2 * Points).Select(i => i % Points)], Raw = labels, Refined = labels, Confidence = new byte[2 * Points],
        }, new GeometricSets(new Segments(segments, 3)));
    }

    private sealed record Result(IReadOnlyList<EpochMetrics> History, Dictionary<string, float[]> Gradients);
}
