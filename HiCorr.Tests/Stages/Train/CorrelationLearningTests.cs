using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Random;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Stages.Train;

namespace HiCorr.Tests.Stages.Train;

/// <summary>The losses that correlation learning adds to the 3D network's, and their gradient, by finite differences.</summary>
public sealed class CorrelationLearningTests : IDisposable
{
    private const int Voxels = 12, Width = 16, Classes = 3;

    /// <summary>Two scenes; the first sample of each shares its voxel with the second.</summary>
    private static readonly int[] Rows = [0, 0, 3, 5, 1, 7, 7, 8, 10];

    private readonly CpuDevice _device = CpuDevice.Default;
    private readonly Tensor _text;

    public CorrelationLearningTests() => _text = Filled(Classes, Width, "text", 0.5);

    public void Dispose() => _text.Dispose();

    [Theory]
    [InlineData("intra", false)]
    [InlineData("inter", false)]
    [InlineData("intra", true)]
    [InlineData("inter", true)]
    public void Gradient_of_the_features_is_the_slope_of_the_weighted_losses(string scope, bool withFeedback)
    {
        using CorrelationLearning learning = Learning(scope, ("feedback.detach", "false"));
        using Tensor features = Filled(Voxels, Width, "features", 1);
        SampledPoints sample = Sample();
        const float Weight = 0.5f;

        double[] gradient = new double[Voxels * Width];
        using (Tensor sampled = learning.Step(features, sample, _text, withFeedback, Weight).Gradient)
            for (int i = 0; i < Rows.Length; i++)
                for (int c = 0; c < Width; c++) gradient[Rows[i] * Width + c] += sampled.Row(i)[c];

        double largest = gradient.Max(Math.Abs);
        for (int k = 0; k < gradient.Length; k += 7)
            Assert.Equal(Slope(learning, features, sample, withFeedback, k) * Weight, gradient[k], 0.01 * largest);
    }

    [Fact]
    public void Each_loss_has_its_own_weight_in_the_gradient()
    {
        using Tensor features = Filled(Voxels, Width, "features", 1);
        float[] Gradient(string correlation, string feedback)
        {
            using CorrelationLearning learning = Learning("inter", ("correlation.weight", correlation), ("feedback.weight", feedback));
            using Tensor gradient = learning.Step(features, Sample(), _text, withFeedback: true, 1).Gradient;
            return gradient.ToArray();
        }

        float[] labels = Gradient("1", "0"), feedback = Gradient("0", "1");

        Assert.All(Gradient("0.25", "3"), (value, i) => Assert.Equal(0.25 * labels[i] + 3 * feedback[i], value, 1e-5));
        Assert.Contains(labels, value => Math.Abs(value) > 1e-3);
        Assert.Contains(feedback, value => Math.Abs(value) > 1e-3);
    }

    [Fact]
    public void Detached_teacher_takes_no_gradient_from_the_feedback()
    {
        using CorrelationLearning learning = Learning("inter");
        using Tensor features = Filled(Voxels, Width, "features", 1);

        learning.Step(features, Sample(), _text, withFeedback: false, 1).Gradient.Dispose();
        float[][] without = Gradients(learning);
        learning.Step(features, Sample(), _text, withFeedback: true, 1).Gradient.Dispose();

        Assert.Equal(without, Gradients(learning));
    }

    [Fact]
    public void Scenes_correct_each_other_in_the_second_transformer_only()
    {
        Assert.Equal(FirstSceneGradient("intra", change: false), FirstSceneGradient("intra", change: true));
        Assert.NotEqual(FirstSceneGradient("inter", change: false), FirstSceneGradient("inter", change: true));
    }

    [Fact]
    public void Unlabelled_samples_are_context_without_a_loss_of_their_own()
    {
        using CorrelationLearning learning = Learning("intra");
        using Tensor features = Filled(Voxels, Width, "features", 1);
        var sample = new SampledPoints(Rows, RowLabels.FromPairs(Rows.Length, [], [], Classes), RowSegments.FromLengths(5, 4), []);

        (Tensor gradient, double crossEntropy, _) = learning.Step(features, sample, _text, withFeedback: false, 1);

        using (gradient) Assert.All(gradient.ToArray(), value => Assert.Equal(0, value));
        Assert.Equal(0, crossEntropy);
    }

    private static float[][] Gradients(CorrelationLearning learning) =>
        [.. learning.Networks.SelectMany(network => network.Parameters).Select(parameter => parameter.Gradient.ToArray())];

    private float[] FirstSceneGradient(string scope, bool change)
    {
        using CorrelationLearning learning = Learning(scope);
        using Tensor features = Filled(Voxels, Width, "features", 1);
        if (change) features.Row(Rows[^1])[3] += 1; // a voxel of the second scene
        using Tensor gradient = learning.Step(features, Sample(), _text, withFeedback: false, 1).Gradient;
        return gradient.ToArray()[..(5 * Width)];
    }

    private double Slope(CorrelationLearning learning, Tensor features, SampledPoints sample, bool withFeedback, int k)
    {
        const float Step = 0.02f;
        float before = features.Span[k];
        features.Span[k] = before + Step;
        double above = Loss();
        features.Span[k] = before - Step;
        double below = Loss();
        features.Span[k] = before;
        return (above - below) / (2 * Step);

        double Loss()
        {
            (Tensor gradient, double crossEntropy, double feedback) = learning.Step(features, sample, _text, withFeedback, 1);
            gradient.Dispose();
            return crossEntropy + feedback;
        }
    }

    private static SampledPoints Sample() =>
        new(Rows, RowLabels.FromPairs(Rows.Length, [0, 2, 2, 4, 6, 8], [1, 0, 2, 2, 1, 0], Classes), RowSegments.FromLengths(5, 4), []);

    private CorrelationLearning Learning(string scope, params (string, string)[] settings)
    {
        Configuration configuration = ConfigurationLoader.Load(null, null, [("correlation.scope", scope), ("correlation.heads", "4"), .. settings]);
        var learning = new CorrelationLearning(_device, configuration.Correlation, configuration.Feedback, Width, seed: 1);
        // Initial weights are so small that a wrong attention gradient would hide in the tolerance.
        foreach (Parameter parameter in learning.Networks.SelectMany(network => network.Parameters).Where(p => p.Name.EndsWith(".kernel", StringComparison.Ordinal)))
            for (int i = 0; i < parameter.Value.Span.Length; i++) parameter.Value.Span[i] *= 10;
        return learning;
    }

    private Tensor Filled(int rows, int columns, string purpose, double deviation)
    {
        Tensor tensor = _device.Memory.Rent(rows, columns);
        var random = new CounterRandom(3, purpose);
        for (int i = 0; i < tensor.Span.Length; i++) tensor.Span[i] = (float)(deviation * random.Normal((ulong)i));
        return tensor;
    }
}
