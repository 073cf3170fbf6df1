using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Stages.Train;
using HiCorr.Pipeline.Telemetry;

namespace HiCorr.Tests.Stages.Train;

public sealed class TrainingLoopTests : IDisposable
{
    private const int Steps = 4;

    private readonly TemporaryFolder _folder = new();
    private readonly CpuDevice _device = new(1);

    public TrainingLoopTests()
    {
        Progress.Enabled = false;
        Directory.CreateDirectory(_folder.PathOf("run"));
    }

    public void Dispose()
    {
        _device.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Precise_batch_norm_is_the_mean_over_the_batches_of_one_more_epoch()
    {
        using var network = new OneNorm(_device);

        Run(network, precise: true);

        Numbers.AssertClose([(20 + 21 + 22 + 23) / 4.0], network.Mean);
        Assert.Null(network.StatisticsMomentum);
    }

    [Fact]
    public void Without_it_the_running_statistics_stay()
    {
        using var network = new OneNorm(_device);

        Run(network, precise: false);

        Numbers.AssertClose([(((((((10 * 0.5) + 11) * 0.5) + 12) * 0.5) + 13) * 0.5)], network.Mean);
    }

    /// <summary>One epoch; the batch of (epoch, step) holds the number 10 (epoch + 1) + step.</summary>
    private void Run(OneNorm network, bool precise) =>
        new TrainingLoop<Tensor>("train", _folder.PathOf("run"), "run", [network], [])
        {
            Epochs = 1,
            StepsPerEpoch = Steps,
            Build = (epoch, step) => Filled((10 * (epoch + 1)) + step),
            Step = (batch, _, _) =>
            {
                network.Forward(batch);
                return default;
            },
            Forward = precise ? network.Forward : null,
            Measure = (epoch, _, seconds) => new EpochMetrics(epoch + 1, 0, null, null, null, 0, 0, seconds),
        }.Run(CancellationToken.None);

    private Tensor Filled(float value)
    {
        Tensor tensor = _device.Memory.Rent(2, 1);
        tensor.Span.Fill(value);
        return tensor;
    }

    /// <summary>A batch normalisation of one channel with momentum 0.5.</summary>
    private sealed class OneNorm : Network
    {
        private readonly BatchNormalisation _norm;

        public OneNorm(CpuDevice device)
            : base(device) => _norm = new BatchNormalisation(this, "bn", 1, 0.5f);

        public ReadOnlySpan<float> Mean => Buffers[0].Value.Span;

        public void Forward(Tensor x)
        {
            using Tensor y = Device.Memory.Rent(x.Rows, x.Columns);
            _norm.Forward(x, null, relu: false, training: true, y).Dispose();
        }
    }
}
