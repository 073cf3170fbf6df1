using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Models;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Models;

public sealed class CorrelationTransformerTests
{
    [Theory]
    [InlineData(CorrelationBlockKind.Vit, false)]
    [InlineData(CorrelationBlockKind.Vit, true)]
    [InlineData(CorrelationBlockKind.Linear, false)]
    public void Output_is_the_definition_and_gradients_are_its_slopes(CorrelationBlockKind kind, bool hasPosition)
    {
        using var device = new CpuDevice(2);
        int[] lengths = [6, 5];
        const int rows = 11, width = 16, heads = 4;
        using var model = new CorrelationTransformer(device, "intra", width, kind, heads, hasPosition, seed: 3);
        // Larger than the initial weights, so that attention and GELU bend.
        foreach (Parameter parameter in model.Parameters.Where(p => p.Shape.Count == 2)) foreach (ref float value in parameter.Value.Span) value *= 8;
        float[] upstream = Numbers.Normal(rows * width, 9);
        using Tensor features = FilledTensor.Of(device, Numbers.Normal(rows * width, 1), rows, width), gradient = FilledTensor.Of(device, upstream, rows, width);
        using Tensor coordinates = FilledTensor.Of(device, Numbers.Normal(rows * 3, 2), rows, 3);

        using Tensor output = model.Forward(features, hasPosition ? coordinates : null, RowSegments.FromLengths(lengths), training: true);
        model.Backward(gradient);

        Numbers.AssertClose(Definition(), output.Span, 3e-6);
        for (int i = 0; i < rows * width; i += 5) AssertSlope(Numbers.Slope(Loss, features.Span, i, 1e-3f), gradient.Span[i]);
        foreach (Parameter parameter in model.Parameters)
            for (int i = 0; i < parameter.Gradient.Span.Length; i += 1 + (parameter.Gradient.Span.Length / 4)) AssertSlope(Numbers.Slope(Loss, parameter.Value.Span, i, 1e-3f), parameter.Gradient.Span[i]);

        double Loss() => Definition().Zip(upstream, (a, b) => a * b).Sum();

        double[] Definition()
        {
            double[] x = [.. features.ToArray().Select(v => (double)v)];
            if (hasPosition) x = TransformerOracle.Sum(x, TransformerOracle.Linear([.. coordinates.ToArray().Select(v => (double)v)], Values("intra.position.kernel"), Values("intra.position.bias")));
            for (int block = 0; block < CorrelationTransformer.Blocks; block++)
            {
                string prefix = $"intra.blocks.{block}.";
                x = kind == CorrelationBlockKind.Vit
                    ? TransformerOracle.VitBlock(x, name => Values(prefix + name), lengths, heads)
                    : TransformerOracle.LinearBlock(x, name => Values(prefix + name), lengths, 1);
            }
            return x;
        }

        float[] Values(string name) => model.Parameters.Single(p => p.Name == name).Value.ToArray();
    }

    [Fact]
    public void Has_the_parameters_of_a_vision_transformer()
    {
        using var device = new CpuDevice(1);
        using var model = new CorrelationTransformer(device, "inter", 512, hasPosition: true);

        const int d = 512;
        Assert.Equal((3 * d) + d + (3L * ((12 * d * d) + (13 * d))), model.ParameterCount);
        Assert.Equal(
            [
                "inter.position.kernel", "inter.position.bias",
                "inter.blocks.0.norm1.weight", "inter.blocks.0.norm1.bias", "inter.blocks.0.attn.qkv.kernel", "inter.blocks.0.attn.qkv.bias",
                "inter.blocks.0.attn.proj.kernel", "inter.blocks.0.attn.proj.bias", "inter.blocks.0.norm2.weight", "inter.blocks.0.norm2.bias",
                "inter.blocks.0.mlp.fc1.kernel", "inter.blocks.0.mlp.fc1.bias", "inter.blocks.0.mlp.fc2.kernel", "inter.blocks.0.mlp.fc2.bias",
            ],
            model.Parameters.Take(14).Select(p => p.Name));
    }

    [Fact]
    public void Initial_weights_are_normal_with_deviation_2_percent_and_follow_seed_and_name()
    {
        using var device = new CpuDevice(1);
        using CorrelationTransformer first = new(device, "intra", 64, seed: 5), same = new(device, "intra", 64, seed: 5);
        using CorrelationTransformer other = new(device, "intra", 64, seed: 6), named = new(device, "inter", 64, seed: 5);
        float[] kernel = first.Parameters[2].Value.ToArray();

        Assert.Equal(0.02, Math.Sqrt(kernel.Average(v => (double)v * v)), 1e-3);
        Assert.Equal(0, kernel.Average(v => (double)v), 1e-3);
        Assert.All(first.Parameters.Where(p => p.Name.EndsWith(".bias", StringComparison.Ordinal)), p => Assert.All(p.Value.ToArray(), v => Assert.Equal(0, v)));
        Assert.Equal(kernel, same.Parameters[2].Value.ToArray());
        Assert.NotEqual(kernel, other.Parameters[2].Value.ToArray());
        Assert.NotEqual(kernel, named.Parameters[2].Value.ToArray());
    }

    [Fact]
    public void Scenes_meet_only_when_they_are_one_sequence()
    {
        using var device = new CpuDevice(2);
        using var model = new CorrelationTransformer(device, "intra", 32, heads: 4);
        float[] both = Numbers.Normal(20 * 32, 1);
        using Tensor features = FilledTensor.Of(device, both, 20, 32), alone = FilledTensor.Of(device, both.AsSpan(0, 8 * 32), 8, 32);

        using Tensor intra = model.Forward(features, null, RowSegments.FromLengths(8, 12), training: false);
        using Tensor inter = model.Forward(features, null, RowSegments.Whole(20), training: false);
        using Tensor first = model.Forward(alone, null, RowSegments.Whole(8), training: false);

        Assert.Equal(first.ToArray(), intra.ToArray()[..(8 * 32)]);
        Assert.NotEqual(intra.ToArray(), inter.ToArray());
    }

    [Theory]
    [InlineData(CorrelationBlockKind.Vit)]
    [InlineData(CorrelationBlockKind.Linear)]
    public void A_training_pass_has_the_same_bits_on_1_2_and_8_threads(CorrelationBlockKind kind)
    {
        float[][] results = [.. new[] { 1, 2, 8 }.Select(threads =>
        {
            using var device = new CpuDevice(threads);
            using var model = new CorrelationTransformer(device, "inter", 40, kind, heads: 5, hasPosition: true);
            using Tensor features = FilledTensor.Of(device, Numbers.Normal(700 * 40, 1), 700, 40), gradient = FilledTensor.Of(device, Numbers.Normal(700 * 40, 2), 700, 40);
            using Tensor coordinates = FilledTensor.Of(device, Numbers.Normal(700 * 3, 3), 700, 3);
            using Tensor output = model.Forward(features, coordinates, RowSegments.FromLengths(300, 400), training: true);
            model.Backward(gradient);
            return (float[])[.. output.ToArray(), .. gradient.ToArray(), .. model.Parameters.SelectMany(p => p.Gradient.ToArray())];
        })];

        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    [Theory]
    [InlineData(CorrelationBlockKind.Vit)]
    [InlineData(CorrelationBlockKind.Linear)]
    public void A_step_gives_all_memory_back_and_allocates_no_managed_memory_for_its_data(CorrelationBlockKind kind)
    {
        using var device = new CpuDevice(1);
        using var model = new CorrelationTransformer(device, "inter", 64, kind, hasPosition: true);
        using Tensor features = FilledTensor.Of(device, Numbers.Normal(2000 * 64, 1), 2000, 64), gradient = FilledTensor.Of(device, Numbers.Normal(2000 * 64, 2), 2000, 64);
        using Tensor coordinates = FilledTensor.Of(device, Numbers.Normal(2000 * 3, 3), 2000, 3);
        foreach (Parameter parameter in model.Parameters) parameter.Gradient.Clear();
        long held = device.Memory.BytesInUse, before = GC.GetAllocatedBytesForCurrentThread();

        model.Forward(features, coordinates, RowSegments.FromLengths(1000, 1000), training: false).Dispose();
        model.Forward(features, coordinates, RowSegments.FromLengths(1000, 1000), training: true).Dispose();
        model.Backward(gradient);

        Assert.Equal(held, device.Memory.BytesInUse);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64_000); // the features alone are 512,000
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Hardly_any_rows_are_no_special_case(int rows)
    {
        using var device = new CpuDevice(2);
        using var model = new CorrelationTransformer(device, "inter", 16, heads: 2);
        using Tensor features = FilledTensor.Of(device, Numbers.Normal(rows * 16, 1), rows, 16), gradient = FilledTensor.Of(device, Numbers.Normal(rows * 16, 2), rows, 16);

        using Tensor output = model.Forward(features, null, RowSegments.Whole(rows), training: true);
        model.Backward(gradient);

        Assert.All(output.ToArray().Concat(gradient.ToArray()), value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void Refuses_features_and_positions_that_do_not_fit()
    {
        using var device = new CpuDevice(1);
        using var model = new CorrelationTransformer(device, "inter", 16, heads: 2);
        using Tensor features = device.Memory.RentZeros(4, 16), positions = device.Memory.RentZeros(4, 3);

        Assert.Throws<ArgumentException>(() => model.Forward(features, null, RowSegments.Whole(5), training: false));
        Assert.Throws<ArgumentException>(() => model.Forward(features, positions, RowSegments.Whole(4), training: false));
    }

    private static void AssertSlope(double slope, double gradient) => Assert.Equal(slope, gradient, 2e-3 * Math.Max(1, Math.Abs(slope)));
}
