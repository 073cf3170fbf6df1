using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Models;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Optim;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Models;

public sealed class MinkUNet14ATests
{
    private const int Classes = 4, Width = 24;

    [Fact]
    public void Three_training_steps_give_the_same_bits_on_1_2_and_8_threads()
    {
        (double Loss, float[][] Values) one = Train(1);

        foreach (int threads in new[] { 2, 8 })
        {
            (double loss, float[][] values) = Train(threads);
            Assert.Equal(one.Loss, loss);
            Assert.Equal(one.Values, values);
        }
    }

    [Fact]
    public void Gradients_are_slopes_of_the_loss()
    {
        using var device = new CpuDevice(2);
        using VoxelLevels voxels = VoxelLevels.Build(device, Room(), MinkUNet14A.Levels);
        using var network = new MinkUNet14A(device, 3, Width, seed: 3);
        using Tensor features = Filled(device, voxels[0].Count, 3, 1), text = Filled(device, Classes, Width, 2);
        RowLabels pairs = Labels(voxels[0].Count);
        Step(device, network, voxels, features, text, pairs);

        // A step along the gradient of one layer changes the loss by its squared norm: one number that every entry of the gradient is in.
        foreach (Parameter parameter in network.Parameters.Where(p => p.Name is "conv0p1s1.kernel" or "conv3p4s2.kernel" or "block2.0.downsample.0.kernel"
            or "block4.0.norm1.bn.weight" or "convtr6p4s2.kernel" or "block8.0.conv1.kernel" or "final.kernel" or "final.bias"))
        {
            float[] gradient = parameter.Gradient.ToArray(), kept = parameter.Value.ToArray();
            double squared = gradient.Sum(g => (double)g * g);
            double length = 5e-4 / Math.Sqrt(squared);
            double Moved(double by)
            {
                for (int i = 0; i < kept.Length; i++) parameter.Value.Span[i] = (float)(kept[i] + (by * gradient[i]));
                using Tensor output = network.Forward(voxels, features, training: true);
                return CrossEntropy.AgainstText(device, output, text, null, pairs, null);
            }
            double slope = (Moved(length) - Moved(-length)) / (2 * length);
            parameter.Value.CopyFrom(kept);
            Assert.True(Math.Abs(slope - squared) <= 0.02 * squared, $"{parameter.Name}: slope {slope:g6}, squared gradient {squared:g6}");
        }
    }

    [Fact]
    public void A_further_head_adds_the_gradient_of_its_features()
    {
        using var device = new CpuDevice(2);
        using VoxelLevels voxels = VoxelLevels.Build(device, Room(), MinkUNet14A.Levels);
        using var network = new MinkUNet14A(device, 3, Width, seed: 3);
        using Tensor features = Filled(device, voxels[0].Count, 3, 1), slopes = Filled(device, voxels[0].Count, network.FeatureChannels, 4);
        using Tensor none = device.Memory.RentZeros(voxels[0].Count, Width);
        network.Forward(voxels, features, training: true).Dispose();
        network.ClearGradients();
        network.Backward(none, slopes);

        Parameter parameter = network.Parameters.First(p => p.Name == "block8.0.conv1.kernel");
        float[] gradient = parameter.Gradient.ToArray(), kept = parameter.Value.ToArray();
        double squared = gradient.Sum(g => (double)g * g), length = 2e-3 / Math.Sqrt(squared);
        double slope = (Moved(length) - Moved(-length)) / (2 * length);

        Assert.True(Math.Abs(slope - squared) <= 0.02 * squared, $"slope {slope:g6}, squared gradient {squared:g6}");
        Assert.All(network.Parameters.First(p => p.Name == "final.kernel").Gradient.ToArray(), value => Assert.Equal(0, value));

        // A linear loss of the features alone: its slopes are what the further head handed in.
        double Moved(double by)
        {
            for (int i = 0; i < kept.Length; i++) parameter.Value.Span[i] = (float)(kept[i] + (by * gradient[i]));
            network.Forward(voxels, features, training: true).Dispose();
            double loss = 0;
            for (int i = 0; i < slopes.Span.Length; i++) loss += (double)slopes.Span[i] * network.HeadFeatures.Span[i];
            return loss;
        }
    }

    [Fact]
    public void Memory_is_all_given_back_and_later_steps_take_none_from_the_system()
    {
        using var device = new CpuDevice(2);
        using var network = new MinkUNet14A(device, 3, Width);
        using VoxelLevels voxels = VoxelLevels.Build(device, Room(), MinkUNet14A.Levels);
        using Tensor features = Filled(device, voxels[0].Count, 3, 1), text = Filled(device, Classes, Width, 2);
        RowLabels pairs = Labels(voxels[0].Count);
        Step(device, network, voxels, features, text, pairs);
        network.Forward(voxels, features, training: false).Dispose();
        (long inUse, long reserved) = (device.Memory.BytesInUse, device.Memory.BytesReserved);

        for (int i = 0; i < 3; i++)
        {
            Step(device, network, voxels, features, text, pairs);
            network.Forward(voxels, features, training: false).Dispose();
        }

        Assert.Equal((inUse, reserved), (device.Memory.BytesInUse, device.Memory.BytesReserved));
    }

    [Fact]
    public void A_training_pass_without_backward_can_be_followed_by_another()
    {
        using var device = new CpuDevice(2);
        using var network = new MinkUNet14A(device, 3, Width);
        using VoxelLevels voxels = VoxelLevels.Build(device, Room(), MinkUNet14A.Levels);
        using Tensor features = Filled(device, voxels[0].Count, 3, 1);

        network.Forward(voxels, features, training: true).Dispose();
        long inUse = device.Memory.BytesInUse;
        network.Forward(voxels, features, training: true).Dispose();

        Assert.Equal(inUse, device.Memory.BytesInUse);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Trains_on_next_to_nothing(int count)
    {
        using var device = new CpuDevice(2);
        using var network = new MinkUNet14A(device, 3, Width);
        using VoxelLevels voxels = VoxelLevels.Build(device, Room().AsSpan(0, 4 * count), MinkUNet14A.Levels);
        using Tensor features = Filled(device, count, 3, 1), text = Filled(device, Classes, Width, 2);

        double loss = Step(device, network, voxels, features, text, Labels(count));

        Assert.True(double.IsFinite(loss));
        Assert.All(network.Parameters, p => Assert.True(p.Gradient.Span.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) < 0, p.Name));
    }

    [Fact]
    public void Items_of_a_batch_do_not_see_each_other_in_evaluation()
    {
        using var device = new CpuDevice(2);
        using var network = new MinkUNet14A(device, 3, Width);
        int[] room = Room();
        int[] second = [.. room.Chunk(4).Where(c => c[0] == 1).SelectMany(c => c)];
        using VoxelLevels both = VoxelLevels.Build(device, room, MinkUNet14A.Levels), alone = VoxelLevels.Build(device, second, MinkUNet14A.Levels);
        using Tensor features = Filled(device, both[0].Count, 3, 1), own = device.Memory.Rent(alone[0].Count, 3);
        int start = both[0].BatchStarts(2)[1];
        for (int row = 0; row < own.Rows; row++) features.Row(start + row).CopyTo(own.Row(row));

        using Tensor together = network.Forward(both, features, training: false), single = network.Forward(alone, own, training: false);

        Assert.Equal(together.ToArray().AsSpan(start * Width).ToArray(), single.ToArray());
    }

    [Fact]
    public void Initial_weights_depend_on_the_seed_alone()
    {
        using var device = new CpuDevice(1);
        using MinkUNet14A first = new(device, 3, Width, 5), again = new(device, 3, Width, 5), other = new(device, 3, Width, 6);
        float[] kernel = first.Parameters[0].Value.ToArray();

        Assert.Equal(kernel, again.Parameters[0].Value.ToArray());
        Assert.NotEqual(kernel, other.Parameters[0].Value.ToArray());
        double bound = 1 / Math.Sqrt(27 * 3);
        Assert.InRange(kernel.Max(), 0.9 * bound, bound);
        Assert.InRange(kernel.Min(), -bound, -0.9 * bound);
    }

    private static (double Loss, float[][] Values) Train(int threads)
    {
        using var device = new CpuDevice(threads);
        using var network = new MinkUNet14A(device, 3, Width, seed: 1);
        using var optimiser = new Sgd(device, network.Parameters);
        using VoxelLevels voxels = VoxelLevels.Build(device, Room(), MinkUNet14A.Levels);
        using Tensor features = Filled(device, voxels[0].Count, 3, 1), text = Filled(device, Classes, Width, 2);
        double loss = 0;
        for (int i = 0; i < 3; i++)
        {
            loss = Step(device, network, voxels, features, text, Labels(voxels[0].Count));
            optimiser.Step(0.1);
        }
        return (loss, [.. network.Parameters.Select(p => p.Value.ToArray()), .. network.Buffers.Select(b => b.Value.ToArray())]);
    }

    private static double Step(CpuDevice device, MinkUNet14A network, VoxelLevels voxels, Tensor features, Tensor text, RowLabels pairs)
    {
        network.ClearGradients();
        using Tensor output = network.Forward(voxels, features, training: true);
        using Tensor gradient = device.Memory.Rent(output.Rows, output.Columns);
        double loss = CrossEntropy.AgainstText(device, output, text, null, pairs, gradient);
        network.Backward(gradient);
        return loss;
    }

    private static RowLabels Labels(int rows) => RowLabels.PerRow([.. Enumerable.Range(0, rows).Select(i => i / 7 % (Classes + 1) is Classes ? RowLabels.Ignored : i / 7 % Classes)], Classes);

    private static Tensor Filled(CpuDevice device, int rows, int columns, ulong seed)
    {
        Tensor tensor = device.Memory.Rent(rows, columns);
        tensor.CopyFrom(Numbers.Normal(rows * columns, seed));
        return tensor;
    }

    /// <summary>Floor and wall of two items, a few cells on the coarsest level.</summary>
    private static int[] Room()
    {
        var rows = new List<int>();
        for (int batch = 0; batch < 2; batch++)
            for (int x = -30; x < 30; x++)
                for (int y = -20; y < 20; y++)
                    rows.AddRange((x + y) % 3 == 0 ? [batch, x, y, 0, batch, x, 20, y + 20] : [batch, x, y, 0]);
        return [.. rows];
    }
}
