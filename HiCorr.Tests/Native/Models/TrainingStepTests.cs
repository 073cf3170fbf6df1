using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Models;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Optim;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;

namespace HiCorr.Tests.Native.Models;

/// <summary>Whole steps as a training does them: what they allocate, what they hold, and their bits on every instruction path.</summary>
public sealed class TrainingStepTests
{
    private const int Classes = 7, Width = 40;

    public static TheoryData<SimdPath> Paths => SimdPathData.All;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_step_of_the_network_allocates_no_managed_memory(int threads)
    {
        using var device = new CpuDevice(threads);
        using var training = new NetworkTraining(device, voxels: 1500);

        Assert.Equal(0, LeastAllocated(training.Step));
    }

    [Theory]
    [InlineData(CorrelationBlockKind.Vit)]
    [InlineData(CorrelationBlockKind.Linear)]
    public void A_step_of_both_transformers_allocates_no_managed_memory(CorrelationBlockKind kind)
    {
        using var device = new CpuDevice(2);
        using var training = new CorrelationTraining(device, kind);

        Assert.Equal(0, LeastAllocated(training.Step));
    }

    [Fact]
    public void A_training_pass_holds_the_activations_that_the_network_counts()
    {
        using var device = new CpuDevice(1);
        using var training = new NetworkTraining(device, voxels: 3000);
        training.Voxels.Rebuild(training.Rows);
        training.Network.MultiplyAdds(training.Voxels); // asks for every map
        long before = device.Memory.BytesInUse;

        training.Network.Forward(training.Voxels, training.Features, training: true).Dispose();

        // A range of the pool is at most 320 bytes longer than asked for; a training pass holds fewer than 120.
        long counted = training.Network.SavedActivationBytes(training.Voxels);
        Assert.InRange(device.Memory.BytesInUse - before, counted, counted + (120 * 320));
    }

    [Fact]
    public void A_step_takes_at_most_twice_the_saved_activations_besides_what_lasts()
    {
        using var device = new CpuDevice(2);
        using var training = new NetworkTraining(device, voxels: 20_000, outChannels: 512);
        training.Step();
        long lasting = device.Memory.BytesInUse;
        device.Memory.ResetPeak();

        training.Step();

        training.Voxels.Rebuild(training.Rows);
        double ratio = (double)(device.Memory.PeakBytes - lasting) / training.Network.SavedActivationBytes(training.Voxels);
        Assert.True(ratio <= 2, $"{ratio:0.00} times the saved activations");
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_step_of_the_network_has_the_same_bits_on_1_2_and_8_threads(SimdPath path) => AssertSameBits(path, device =>
    {
        using var training = new NetworkTraining(device, voxels: 2500);
        training.Step();
        training.Step();
        return [training.Loss, .. Values(training.Network)];
    });

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_step_of_both_transformers_has_the_same_bits_on_1_2_and_8_threads(SimdPath path) => AssertSameBits(path, device =>
    {
        using var training = new CorrelationTraining(device, CorrelationBlockKind.Vit);
        training.Step();
        training.Step();
        return [.. Values(training.Intra), .. Values(training.Inter)];
    });

    private static void AssertSameBits(SimdPath path, Func<CpuDevice, double[]> train)
    {
        double[][] results = [.. new[] { 1, 2, 8 }.Select(threads =>
        {
            using var device = new CpuDevice(threads, path);
            return train(device);
        })];
        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    private static IEnumerable<double> Values(Network network) =>
        network.Parameters.SelectMany(p => p.Value.ToArray()).Concat(network.Buffers.SelectMany(b => b.Value.ToArray())).Select(v => (double)v);

    /// <summary>Bytes that all threads allocate in a step, after two that are not counted. The least of five, since the test runner has threads, too.</summary>
    private static long LeastAllocated(Action step)
    {
        step();
        step();
        long least = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            step();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }
        return least;
    }

    private static Tensor Filled(CpuDevice device, int rows, int columns, ulong seed) => FilledTensor.Of(device, Numbers.Normal(rows * columns, seed), rows, columns);

    private sealed class NetworkTraining : IDisposable
    {
        private readonly CpuDevice _device;
        private readonly Sgd _optimiser;
        private readonly Tensor _text;
        private readonly RowLabels _pairs;

        public NetworkTraining(CpuDevice device, int voxels, int outChannels = Width)
        {
            _device = device;
            // As dense as voxels near surfaces: every third place of a box is taken.
            var random = new CounterRandom(1, "cloud");
            int edge = (int)Math.Ceiling(Math.Cbrt(voxels * 3.0));
            Rows = new int[4 * voxels];
            for (int i = 0; i < Rows.Length; i++) Rows[i] = i % 4 == 0 ? 0 : random.Integer((ulong)i, edge);
            Voxels = VoxelLevels.Build(device, Rows, MinkUNet14A.Levels);
            Network = new MinkUNet14A(device, 3, outChannels);
            _optimiser = new Sgd(device, Network.Parameters);
            (Features, _text) = (Filled(device, Voxels[0].Count, 3, 1), Filled(device, Classes, outChannels, 2));
            _pairs = RowLabels.PerRow([.. Enumerable.Range(0, Voxels[0].Count).Select(i => i % 9 < Classes ? i % 9 : RowLabels.Ignored)], Classes);
            Voxels.Dispose();
        }

        public int[] Rows { get; }

        public VoxelLevels Voxels { get; }

        public MinkUNet14A Network { get; }

        public Tensor Features { get; }

        public double Loss { get; private set; }

        public void Step()
        {
            using TensorStep step = _device.Memory.BeginStep();
            Voxels.Rebuild(Rows);
            Network.ClearGradients();
            using Tensor output = Network.Forward(Voxels, Features, training: true);
            Loss = CrossEntropy.AgainstText(_device, output, _text, null, _pairs, gradFeatures: output);
            Network.Backward(output);
            _optimiser.Step(0.05);
            Voxels.Dispose();
        }

        public void Dispose()
        {
            Voxels.Dispose();
            Network.Dispose();
            _optimiser.Dispose();
            Features.Dispose();
            _text.Dispose();
        }
    }

    private sealed class CorrelationTraining : IDisposable
    {
        private readonly CpuDevice _device;
        private readonly RowSegments _perScene = RowSegments.FromLengths(150, 110), _whole = RowSegments.Whole(260);
        private readonly Tensor _features, _coordinates, _text;
        private readonly RowLabels _pairs;
        private readonly AdamW _optimiser;

        public CorrelationTraining(CpuDevice device, CorrelationBlockKind kind)
        {
            _device = device;
            (Intra, Inter) = (new CorrelationTransformer(device, "intra", Width, kind, heads: 5), new CorrelationTransformer(device, "inter", Width, kind, heads: 5, hasPosition: true));
            _optimiser = new AdamW(device, [.. Intra.Parameters, .. Inter.Parameters]);
            (_features, _coordinates, _text) = (Filled(device, 260, Width, 1), Filled(device, 260, 3, 2), Filled(device, Classes, Width, 3));
            _pairs = RowLabels.PerRow([.. Enumerable.Range(0, 260).Select(i => i % Classes)], Classes);
        }

        public CorrelationTransformer Intra { get; }

        public CorrelationTransformer Inter { get; }

        public void Step()
        {
            using TensorStep step = _device.Memory.BeginStep();
            Intra.ClearGradients();
            Inter.ClearGradients();
            using Tensor corrected = Intra.Forward(_features, null, _perScene, training: true), output = Inter.Forward(corrected, _coordinates, _whole, training: true);
            CrossEntropy.AgainstText(_device, output, _text, null, _pairs, gradFeatures: output);
            Inter.Backward(output);
            Intra.Backward(output);
            _optimiser.Step(1e-3);
        }

        public void Dispose()
        {
            Intra.Dispose();
            Inter.Dispose();
            _optimiser.Dispose();
            _features.Dispose();
            _coordinates.Dispose();
            _text.Dispose();
        }
    }
}
