using HiCorr.Native.Devices;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Ops;

public sealed class CrossEntropyTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    /// <summary>golden/torch/cross-entropy.</summary>
    [Fact]
    public void Gives_loss_and_gradient_of_the_case()
    {
        GoldenCase golden = GoldenCase.Open("torch/cross-entropy");
        using Tensor logits = Filled(golden.Floats("logits"), 60), gradient = _device.Memory.Rent(60, 20);

        double loss = CrossEntropy.OfLogits(_device, logits, RowLabels.PerRow(golden.Integers("labels"), 20), gradient);

        Assert.Equal(golden.Doubles("loss")[0], loss, golden.Tolerances("loss")[0]);
        golden.AssertClose("grad_logits", [.. golden.Doubles("grad_logits").Select(v => (float)v)], gradient.Span);
        double[] rowLosses = golden.Doubles("row_losses");
        int[] labels = golden.Integers("labels");
        for (int row = 0; row < 60; row++)
        {
            int[] only = new int[60];
            Array.Fill(only, RowLabels.Ignored);
            only[row] = labels[row];
            Assert.Equal(rowLosses[row], CrossEntropy.OfLogits(_device, logits, RowLabels.PerRow(only, 20), null), golden.Tolerances("row_losses")[0]);
        }
    }

    [Fact]
    public void Relabelled_pairs_stay_with_their_rows()
    {
        using Tensor logits = Filled([1, 2, 3, -1, 0, 1, 4, 0, 2], 3);
        RowLabels relabelled = RowLabels.FromPairs(3, [0, 2, 2], [0, 1, 1], 3).Relabelled([2, RowLabels.Ignored, 0]);

        double loss = CrossEntropy.OfLogits(_device, logits, relabelled, null);

        Assert.Equal(CrossEntropy.OfLogits(_device, logits, RowLabels.FromPairs(3, [0, 2, 2], [2, 0, 0], 3), null), loss);
        Assert.Throws<ArgumentException>(() => RowLabels.FromPairs(3, [1], [0], 3).Relabelled([2, RowLabels.Ignored, 0]));
    }

    [Fact]
    public void The_gradient_of_a_pairs_logits_is_softmax_minus_one_hot()
    {
        // HICL Eq. 2: dL_m/dh_mc = y_mc - [c = l_m]; with the identity as text embeddings the features are the logits.
        using Tensor features = Filled([0.5f, -1, 2], 1), text = Filled([1, 0, 0, 0, 1, 0, 0, 0, 1], 3), gradient = _device.Memory.Rent(1, 3);

        CrossEntropy.AgainstText(_device, features, text, null, RowLabels.PerRow([1], 3), gradient);

        double sum = Math.Exp(0.5) + Math.Exp(-1) + Math.Exp(2);
        Numbers.AssertClose([Math.Exp(0.5) / sum, (Math.Exp(-1) / sum) - 1, Math.Exp(2) / sum], gradient.Span, 1e-6);
    }

    [Fact]
    public void Gradients_of_several_pairs_a_row_are_slopes_of_the_loss()
    {
        const int rows = 9, width = 17, classes = 5;
        using Tensor features = Filled(Numbers.Normal(rows * width, 1), rows), text = Filled(Numbers.Normal(classes * width, 2), classes);
        using Tensor bias = Filled(Numbers.Normal(classes, 3), 1), gradient = _device.Memory.Rent(rows, width);
        int[] pairRows = [0, 3, 3, 8, 3, 1, 0, 5], labels = [1, 4, 0, 2, 4, RowLabels.Ignored, 3, 3];
        RowLabels pairs = RowLabels.FromPairs(rows, pairRows, labels, classes);

        double loss = CrossEntropy.AgainstText(_device, features, text, bias, pairs, gradient, weight: 0.5f);

        double Loss() => Reference(features.Span, text.Span, bias.Span, pairRows, labels, width, classes);
        Assert.Equal(Loss(), loss, 1e-5);
        for (int i = 0; i < rows * width; i++) Assert.Equal(0.5 * Numbers.Slope(Loss, features.Span, i, 1e-3f), gradient.Span[i], 1e-4);
        Assert.All(gradient.Row(1).ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void The_order_of_pairs_does_not_change_a_bit()
    {
        const int rows = 300;
        using Tensor features = Filled(Numbers.Normal(rows * 32, 1), rows), text = Filled(Numbers.Normal(7 * 32, 2), 7);
        using Tensor first = _device.Memory.Rent(rows, 32), second = _device.Memory.Rent(rows, 32);
        int[] pairRows = [.. Enumerable.Range(0, 900).Select(i => i * 37 % rows)], labels = [.. Enumerable.Range(0, 900).Select(i => i % 7)];

        double loss = CrossEntropy.AgainstText(_device, features, text, null, RowLabels.FromPairs(rows, pairRows, labels, 7), first);
        double grouped = CrossEntropy.AgainstText(_device, features, text, null, RowLabels.FromPairs(rows, [.. pairRows.Order()], [.. labels.Zip(pairRows).OrderBy(p => p.Second).Select(p => p.First)], 7), second);

        Assert.Equal(loss, grouped);
        Assert.Equal(first.ToArray(), second.ToArray());
    }

    [Fact]
    public void The_gradient_may_take_the_place_of_the_features()
    {
        using Tensor features = Filled(Numbers.Normal(300 * 24, 1), 300), text = Filled(Numbers.Normal(5 * 24, 2), 5), gradient = _device.Memory.Rent(300, 24);
        RowLabels pairs = RowLabels.PerRow([.. Enumerable.Range(0, 300).Select(i => i % 5)], 5);

        double apart = CrossEntropy.AgainstText(_device, features, text, null, pairs, gradient);
        double inPlace = CrossEntropy.AgainstText(_device, features, text, null, pairs, features);

        Assert.Equal(apart, inPlace);
        Assert.Equal(gradient.ToArray(), features.ToArray());
    }

    [Fact]
    public void Without_any_pair_loss_and_gradient_are_zero()
    {
        using Tensor features = Filled(Numbers.Normal(12, 1), 3), text = Filled(Numbers.Normal(8, 2), 2), gradient = Filled(Numbers.Normal(12, 3), 3);

        double loss = CrossEntropy.AgainstText(_device, features, text, null, RowLabels.PerRow([RowLabels.Ignored, RowLabels.Ignored, RowLabels.Ignored], 2), gradient);

        Assert.Equal(0, loss);
        Assert.All(gradient.ToArray(), value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(-1, 0)]
    [InlineData(0, 3)]
    public void Refuses_labels_and_rows_out_of_range(int label, int row) =>
        Assert.Throws<ArgumentException>(() => RowLabels.FromPairs(3, [row], [label], 2));

    private static double Reference(Span<float> features, Span<float> text, Span<float> bias, int[] rows, int[] labels, int width, int classes)
    {
        double loss = 0;
        int counted = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            if (labels[i] == RowLabels.Ignored) continue;
            double[] h = new double[classes];
            for (int c = 0; c < classes; c++)
            {
                h[c] = bias[c];
                for (int k = 0; k < width; k++) h[c] += (double)features[(rows[i] * width) + k] * text[(c * width) + k];
            }
            loss += Math.Log(h.Sum(Math.Exp)) - h[labels[i]];
            counted++;
        }
        return loss / counted;
    }

    private Tensor Filled(float[] values, int rows)
    {
        Tensor tensor = _device.Memory.Rent(rows, values.Length / rows);
        tensor.CopyFrom(values);
        return tensor;
    }
}
