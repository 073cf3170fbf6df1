using HiCorr.Native.Devices;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Ops;

public sealed class AttentionTests
{
    private sealed record Result(float[] Output, float[] LogSumExp, float[] GradQ, float[] GradK, float[] GradV);

    /// <summary>No row, one, less and more than a block of 64, 96 or 256; heads narrower and wider than a panel of 32; empty sequences.</summary>
    public static TheoryData<int[], int, int, SimdPath> Shapes()
    {
        var shapes = new TheoryData<int[], int, int, SimdPath>();
        foreach ((int[] lengths, int heads, int width) in new (int[], int, int)[]
            {
                ([], 2, 8), ([0], 1, 4), ([1], 1, 1), ([5, 0, 3], 2, 8), ([64], 4, 64), ([97, 1, 200], 2, 40), ([130], 1, 33), ([257], 8, 512), ([40, 24], 1, 100),
            })
            foreach (SimdPath path in Enum.GetValues<SimdPath>())
                if (SimdPaths.Has(path)) shapes.Add(lengths, heads, width, path);
        return shapes;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Agrees_with_the_definition(int[] lengths, int heads, int width, SimdPath path)
    {
        using var device = new CpuDevice(2, path);
        int count = lengths.Sum() * width;
        float[] q = Numbers.Normal(count, 1), k = Numbers.Normal(count, 2), v = Numbers.Normal(count, 3), upstream = Numbers.Normal(count, 4);
        (double[] weights, double[] logSums) = TransformerOracle.Weights(Doubles(q), Doubles(k), lengths, heads, width);
        (double[] gradQ, double[] gradK, double[] gradV) = TransformerOracle.AttentionBackward(Doubles(q), Doubles(k), Doubles(v), weights, Doubles(upstream), heads, width);

        Result result = Run(device, q, k, v, upstream, lengths, heads, width);

        Numbers.AssertClose(TransformerOracle.Attend(weights, Doubles(v), heads, width), result.Output);
        Numbers.AssertClose(logSums, result.LogSumExp);
        Numbers.AssertClose(gradQ, result.GradQ, 4e-6);
        Numbers.AssertClose(gradK, result.GradK, 4e-6);
        Numbers.AssertClose(gradV, result.GradV, 4e-6);
    }

    [Fact]
    public void Gradients_are_slopes_of_the_loss()
    {
        using var device = new CpuDevice(2);
        int[] lengths = [7, 12];
        const int heads = 3, width = 15;
        int count = lengths.Sum() * width;
        float[] q = Numbers.Normal(count, 1), k = Numbers.Normal(count, 2), v = Numbers.Normal(count, 3), upstream = Numbers.Normal(count, 4);

        Result result = Run(device, q, k, v, upstream, lengths, heads, width);

        double Loss() => TransformerOracle.Attend(TransformerOracle.Weights(Doubles(q), Doubles(k), lengths, heads, width).Weights, Doubles(v), heads, width)
            .Zip(upstream, (a, b) => a * b).Sum();
        for (int i = 0; i < count; i += 4)
        {
            Assert.Equal(Numbers.Slope(Loss, q, i, 1e-3f), result.GradQ[i], 1e-4);
            Assert.Equal(Numbers.Slope(Loss, k, i, 1e-3f), result.GradK[i], 1e-4);
            Assert.Equal(Numbers.Slope(Loss, v, i, 1e-3f), result.GradV[i], 1e-4);
        }
    }

    [Fact]
    public void Sequences_do_not_see_each_other()
    {
        using var device = new CpuDevice(2);
        const int heads = 2, width = 24, first = 100, second = 70;
        float[] q = Numbers.Normal((first + second) * width, 1), k = Numbers.Normal((first + second) * width, 2);
        float[] v = Numbers.Normal((first + second) * width, 3), upstream = Numbers.Normal((first + second) * width, 4);
        Result joined = Run(device, q, k, v, upstream, [first, second], heads, width);

        Result alone = Run(device, q[(first * width)..], k[(first * width)..], v[(first * width)..], upstream[(first * width)..], [second], heads, width);

        Assert.Equal(alone.Output, joined.Output[(first * width)..]);
        Assert.Equal(alone.GradQ, joined.GradQ[(first * width)..]);
        Assert.Equal(alone.GradK, joined.GradK[(first * width)..]);
        Assert.Equal(alone.GradV, joined.GradV[(first * width)..]);
    }

    [Fact]
    public void Large_scores_choose_one_key_without_overflow()
    {
        using var device = new CpuDevice(2);
        // Three blocks of keys whose scores rise from -4000 to 4000 in the first and fall again: every rescaling of the online softmax happens.
        const int rows = 300;
        float[] q = new float[rows], k = new float[rows], v = Numbers.Normal(rows, 3);
        Array.Fill(q, 2000);
        for (int i = 0; i < rows; i++) k[i] = i == 170 ? 2 : (i % 100 / 50f) - 1;

        Result result = Run(device, q, k, v, Numbers.Normal(rows, 4), [rows], 1, 1);

        Assert.All(result.Output, value => Assert.Equal(v[170], value, 1e-6));
        Assert.All(result.LogSumExp, value => Assert.Equal(4000, value, 1e-3));
        Assert.All(result.GradQ.Concat(result.GradK), value => Assert.Equal(0, value, 1e-2));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(133)]
    [InlineData(299)]
    public void A_key_that_is_not_a_number_is_not_hidden(int key)
    {
        using var device = new CpuDevice(2);
        float[] k = Numbers.Normal(300, 2);
        k[key] = float.NaN;

        Result result = Run(device, Numbers.Normal(300, 1), k, Numbers.Normal(300, 3), Numbers.Normal(300, 4), [300], 1, 1);

        Assert.All(result.Output, value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void Results_have_the_same_bits_on_1_2_and_8_threads()
    {
        Result[] results = [.. new[] { 1, 2, 8 }.Select(threads =>
        {
            using var device = new CpuDevice(threads);
            // One sequence with two heads: gradQ is summed in eight parts.
            const int rows = 1000, width = 48;
            return Run(device, Numbers.Normal(rows * width, 1), Numbers.Normal(rows * width, 2), Numbers.Normal(rows * width, 3), Numbers.Normal(rows * width, 4), [rows], 2, width);
        })];

        foreach (Result other in results[1..])
        {
            Assert.Equal(results[0].Output, other.Output);
            Assert.Equal(results[0].LogSumExp, other.LogSumExp);
            Assert.Equal(results[0].GradQ, other.GradQ);
            Assert.Equal(results[0].GradK, other.GradK);
            Assert.Equal(results[0].GradV, other.GradV);
        }
    }

    [Fact]
    public void Memory_grows_with_the_tokens_not_with_their_pairs()
    {
        using var device = new CpuDevice(2);
        const int rows = 6000, width = 16;
        Run(device, Numbers.Normal(rows * width, 1), Numbers.Normal(rows * width, 2), Numbers.Normal(rows * width, 3), Numbers.Normal(rows * width, 4), [rows], 4, width);

        Assert.InRange(device.Memory.PeakBytes, 1, 60L << 20); // one matrix of weights alone would be 137 MiB a head
        Assert.Equal(0, device.Memory.BytesInUse);
    }

    [Fact]
    public void Refuses_sizes_that_do_not_fit()
    {
        using var device = new CpuDevice(1);
        using Tensor x = device.Memory.RentZeros(4, 6), logs = device.Memory.RentZeros(4, 4);

        Assert.Throws<ArgumentException>(() => Attention.Forward(device, x, x, x, RowSegments.Whole(4), 4, x, logs));
        Assert.Throws<ArgumentException>(() => Attention.Forward(device, x, x, x, RowSegments.Whole(5), 2, x, logs));
        Assert.Throws<ArgumentOutOfRangeException>(() => RowSegments.FromLengths(3, -1));
    }

    private static double[] Doubles(float[] values) => [.. values.Select(value => (double)value)];

    /// <summary>q, k and v as columns of one tensor, as the layers have them.</summary>
    private static Result Run(CpuDevice device, float[] q, float[] k, float[] v, float[] upstream, int[] lengths, int heads, int width)
    {
        RowSegments segments = RowSegments.FromLengths(lengths);
        using Tensor joined = device.Memory.Rent(segments.Rows, 3 * width), gradJoined = device.Memory.Rent(segments.Rows, 3 * width);
        using Tensor output = device.Memory.Rent(segments.Rows, width), logSumExp = device.Memory.Rent(heads, segments.Rows);
        using Tensor gradOutput = FilledTensor.Of(device, upstream, segments.Rows, width);
        Tensor[] parts = [.. Enumerable.Range(0, 3).Select(i => joined.Slice(i * width, width))], gradParts = [.. Enumerable.Range(0, 3).Select(i => gradJoined.Slice(i * width, width))];
        parts[0].CopyFrom(q);
        parts[1].CopyFrom(k);
        parts[2].CopyFrom(v);
        Attention.Forward(device, parts[0], parts[1], parts[2], segments, heads, output, logSumExp);
        Attention.Backward(device, parts[0], parts[1], parts[2], segments, heads, output, logSumExp, gradOutput, gradParts[0], gradParts[1], gradParts[2]);
        return new Result(output.ToArray(), logSumExp.ToArray(), gradParts[0].ToArray(), gradParts[1].ToArray(), gradParts[2].ToArray());
    }
}
