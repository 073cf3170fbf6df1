using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Layers;

/// <summary>
/// The paper's analysis of one block (HICL Eq. 2, 3, 5, 6) in numbers: what the equations say is worked out in double precision from the block's
/// parameters alone, and then compared with slopes of the loss and with the gradients that the engine trains with.
/// </summary>
public sealed class LinearCorrelationBlockTests : IDisposable
{
    private const int Rows = 7, Width = 6, Classes = 4;
    private static readonly int[] s_labels = [1, 3, 0, 0, 2, 1, 3];
    private readonly CpuDevice _device = new(2);
    private readonly Block _network;
    private readonly LinearCorrelationBlock _block;
    private readonly Tensor _features;
    private readonly float[] _text = Numbers.Normal(Classes * Width, 90);

    public LinearCorrelationBlockTests()
    {
        _network = new Block(_device);
        _block = new LinearCorrelationBlock(_network, "block", Width);
        for (int i = 0; i < _network.Parameters.Count; i++)
        {
            Tensor value = _network.Parameters[i].Value;
            value.CopyFrom([.. Numbers.Normal(value.Rows * value.Columns, (ulong)(i + 10)).Select(v => v / 2)]);
        }
        _features = FilledTensor.Of(_device, Numbers.Normal(Rows * Width, 1), Rows, Width);
    }

    private sealed class Block(CpuDevice device) : Network(device);

    public void Dispose()
    {
        _features.Dispose();
        _block.Dispose();
        _network.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void Logits_are_the_weighted_sum_of_the_similarities_of_values_and_classes()
    {
        Terms terms = Work();

        using Tensor output = _block.Forward(_features, RowSegments.Whole(Rows), training: false);

        for (int m = 0; m < Rows; m++)
            for (int c = 0; c < Classes; c++)
                Assert.Equal(Enumerable.Range(0, Width).Sum(i => (double)output.Row(m)[i] * _text[(c * Width) + i]), Logit(terms.W, terms.E, terms, m, c), 1e-4);
    }

    [Fact]
    public void Equation_2_the_slope_of_a_logit_is_probability_minus_label()
    {
        Terms terms = Work();
        for (int m = 0; m < Rows; m++)
        {
            double[] logits = [.. Enumerable.Range(0, Classes).Select(c => Logit(terms.W, terms.E, terms, m, c))];
            for (int c = 0; c < Classes; c++) Assert.Equal(Slope(() => RowLoss(logits, s_labels[m]), logits, c), terms.Error(m, c), 1e-7);
        }
    }

    [Fact]
    public void Equation_5_the_slope_of_a_similarity_is_the_weight_times_the_error()
    {
        Terms terms = Work();
        for (int m = 0; m < Rows; m++)
            for (int n = 0; n < Rows; n++)
                for (int c = 0; c < Classes; c++)
                    Assert.Equal(Slope(() => Loss(terms, m), terms.E, (n * Classes) + c), terms.W[(m * Rows) + n] * terms.Error(m, c), 1e-7);
    }

    [Fact]
    public void Equation_6_the_slope_of_a_weight_is_the_similarities_times_the_errors()
    {
        Terms terms = Work();
        for (int m = 0; m < Rows; m++)
            for (int n = 0; n < Rows; n++)
                Assert.Equal(Slope(() => Loss(terms, m), terms.W, (m * Rows) + n), OnWeight(terms, m, n), 1e-7);
    }

    [Fact]
    public void The_engine_trains_queries_keys_and_values_by_equations_5_and_6()
    {
        Terms terms = Work();
        RowLabels pairs = RowLabels.PerRow(s_labels, Classes);
        using Tensor text = FilledTensor.Of(_device, _text, Classes, Width);
        using Tensor gradient = _block.Forward(_features, RowSegments.Whole(Rows), training: true);
        CrossEntropy.AgainstText(_device, gradient, text, null, pairs, gradient);
        _block.Backward(gradient);

        // ∂L/∂v_n = Σ_mc ∂L/∂e_nc (1 + Linear)^T T_c, and ∂L/∂s_mn = w_mn (∂L/∂w_mn - Σ_n' w_mn' ∂L/∂w_mn') through the softmax; mean over the rows.
        double[] gradQkv = new double[Rows * 3 * Width];
        for (int m = 0; m < Rows; m++)
        {
            double mean = Enumerable.Range(0, Rows).Sum(n => terms.W[(m * Rows) + n] * OnWeight(terms, m, n));
            for (int n = 0; n < Rows; n++)
            {
                double onScore = terms.W[(m * Rows) + n] * (OnWeight(terms, m, n) - mean) / Math.Sqrt(Width) / Rows;
                for (int i = 0; i < Width; i++)
                {
                    gradQkv[(m * 3 * Width) + i] += onScore * terms.K[(n * Width) + i];
                    gradQkv[(n * 3 * Width) + Width + i] += onScore * terms.Q[(m * Width) + i];
                    for (int c = 0; c < Classes; c++)
                        gradQkv[(n * 3 * Width) + (2 * Width) + i] += terms.W[(m * Rows) + n] * terms.Error(m, c) * terms.TextSeenThroughLinear[(c * Width) + i] / Rows;
                }
            }
        }
        double[] expected = new double[Width * 3 * Width];
        for (int row = 0; row < Rows; row++)
            for (int i = 0; i < Width; i++)
                for (int o = 0; o < 3 * Width; o++) expected[(i * 3 * Width) + o] += _features.Row(row)[i] * gradQkv[(row * 3 * Width) + o];
        Numbers.AssertClose(expected, _network.Parameters.Single(p => p.Name == "block.attn.qkv.kernel").Gradient.Span, 1e-5);
    }

    [Fact]
    public void Gradients_of_features_and_parameters_are_slopes_of_the_loss()
    {
        int[] lengths = [4, 3];
        float[] upstream = Numbers.Normal(Rows * Width, 5);
        using Tensor gradient = FilledTensor.Of(_device, upstream, Rows, Width);
        _block.Forward(_features, RowSegments.FromLengths(lengths), training: true).Dispose();
        _block.Backward(gradient);

        foreach (Parameter parameter in _network.Parameters)
            for (int i = 0; i < parameter.Gradient.Span.Length; i++) Assert.Equal(Numbers.Slope(Loss, parameter.Value.Span, i, 1e-3f), parameter.Gradient.Span[i], 1e-3);
        for (int i = 0; i < Rows * Width; i++) Assert.Equal(Numbers.Slope(Loss, _features.Span, i, 1e-3f), gradient.Span[i], 1e-3);

        double Loss() => TransformerOracle.LinearBlock(Doubles(_features.Span), Parameter, lengths, heads: 1).Zip(upstream, (a, b) => a * b).Sum();
    }

    /// <summary>What the equations speak of: softmax weights w (m, n), similarities e (n, c) = ψ(v'_n, T_c), and the part of a logit that is the point's own.</summary>
    private sealed record Terms(double[] W, double[] E, double[] Own, double[] Q, double[] K, double[] TextSeenThroughLinear)
    {
        /// <summary>y_mc - [c = l_m].</summary>
        public double Error(int m, int c)
        {
            double[] logits = [.. Enumerable.Range(0, Classes).Select(i => Logit(W, E, this, m, i))];
            return (Math.Exp(logits[c]) / logits.Sum(Math.Exp)) - (c == s_labels[m] ? 1 : 0);
        }
    }

    private Terms Work()
    {
        double[] f = Doubles(_features.Span), qkv = TransformerOracle.Linear(f, Parameter("attn.qkv.kernel"), Parameter("attn.qkv.bias"));
        double[] q = TransformerOracle.Columns(qkv, 3 * Width, 0, Width), k = TransformerOracle.Columns(qkv, 3 * Width, Width, Width);
        double[] v = TransformerOracle.Columns(qkv, 3 * Width, 2 * Width, Width), dashed = Dashed(v, new float[Width]), own = Dashed(f, Parameter("linear.bias"));
        double[] seen = new double[Classes * Width];
        for (int c = 0; c < Classes; c++)
            for (int i = 0; i < Width; i++)
                seen[(c * Width) + i] = _text[(c * Width) + i] + Enumerable.Range(0, Width).Sum(o => (double)Parameter("linear.kernel")[(i * Width) + o] * _text[(c * Width) + o]);
        return new Terms(TransformerOracle.Weights(q, k, [Rows], 1, Width).Weights, Similarities(dashed), Similarities(own), q, k, seen);

        double[] Dashed(double[] x, float[] bias) => TransformerOracle.Sum(x, TransformerOracle.Linear(x, Parameter("linear.kernel"), bias));
    }

    /// <summary>ψ(x_n, T_c).</summary>
    private double[] Similarities(double[] x) =>
        [.. Enumerable.Range(0, Rows * Classes).Select(i => Enumerable.Range(0, Width).Sum(k => x[(i / Classes * Width) + k] * _text[(i % Classes * Width) + k]))];

    private static double Logit(double[] w, double[] e, Terms terms, int m, int c) =>
        terms.Own[(m * Classes) + c] + Enumerable.Range(0, Rows).Sum(n => w[(m * Rows) + n] * e[(n * Classes) + c]);

    private static double OnWeight(Terms terms, int m, int n) => Enumerable.Range(0, Classes).Sum(c => terms.E[(n * Classes) + c] * terms.Error(m, c));

    private static double Loss(Terms terms, int m) => RowLoss([.. Enumerable.Range(0, Classes).Select(c => Logit(terms.W, terms.E, terms, m, c))], s_labels[m]);

    private static double RowLoss(double[] logits, int label) => Math.Log(logits.Sum(Math.Exp)) - logits[label];

    private static double Slope(Func<double> loss, double[] values, int index)
    {
        const double step = 1e-5;
        double kept = values[index];
        values[index] = kept + step;
        double above = loss();
        values[index] = kept - step;
        double below = loss();
        values[index] = kept;
        return (above - below) / (2 * step);
    }

    private float[] Parameter(string name) => _network.Parameters.Single(p => p.Name == "block." + name).Value.ToArray();

    private static double[] Doubles(ReadOnlySpan<float> values)
    {
        double[] doubles = new double[values.Length];
        for (int i = 0; i < doubles.Length; i++) doubles[i] = values[i];
        return doubles;
    }
}
