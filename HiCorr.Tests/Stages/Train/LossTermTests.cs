using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Stages.Train;
using HiCorr.Tests.Native;

namespace HiCorr.Tests.Stages.Train;

/// <summary>The losses that other methods train with, on a pass of few voxels without a network.</summary>
public sealed class LossTermTests : IDisposable
{
    private const int Voxels = 7, Channels = 6, Width = 5, Classes = 3;
    private const float Weight = 0.5f;
    private static readonly int[] s_rows = [2, 5, 2, 6];

    private readonly CpuDevice _device = new(1);
    private readonly float[] _features = Numbers.Normal(Voxels * Width, 1), _channels = Numbers.Normal(Voxels * Channels, 2);
    private readonly Tensor _text;

    public LossTermTests() => _text = FilledTensor.Of(_device, Numbers.Normal(Classes * Width, 3), Classes, Width);

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Distillation_moves_the_rows_with_a_fused_feature_and_no_others()
    {
        using var term = new DistillationLoss();
        (EpochLosses losses, float[] gradient, _) = Step(term);

        Assert.Equal(s_rows.Length, losses.Pairs);
        double Loss() => Step(term).Losses.MeanLabel;
        for (int i = 0; i < gradient.Length; i++) Assert.Equal(Weight * Numbers.Slope(Loss, _features, i, 1e-3f), gradient[i], 1e-5);
        Assert.All(gradient[..(2 * Width)], value => Assert.Equal(0, value));
    }

    [Fact]
    public void Consistency_is_the_local_head_s_loss_with_its_slopes()
    {
        using var term = new ConsistencyLoss(_device, Channels, Width, seed: 1);
        (EpochLosses losses, _, float[] gradient) = Step(term, last: new LabelLoss(null));
        float[][] ofHead = [.. term.SharedParameters.Select(parameter => parameter.Gradient.ToArray())];
        double Loss() => Step(term, last: new LabelLoss(null)).Losses.MeanConsistency!.Value;

        Assert.Equal(s_rows.Length, losses.ConsistencyPairs);
        for (int i = 0; i < gradient.Length; i++) Assert.Equal(Weight * Numbers.Slope(Loss, _channels, i, 1e-3f), gradient[i], 1e-4);
        foreach ((Parameter parameter, float[] expected) in term.SharedParameters.Zip(ofHead))
            for (int i = 0; i < expected.Length; i++) Assert.Equal(Weight * Numbers.Slope(Loss, parameter.Value.Span, i, 1e-3f), expected[i], 1e-4);
    }

    [Fact]
    public void Consistency_leaves_the_gradient_of_the_labels_alone()
    {
        using var term = new ConsistencyLoss(_device, Channels, Width, seed: 1);

        Assert.Equal(Step(new LabelLoss(null)).Gradient, Step(term, last: new LabelLoss(null)).Gradient);
    }

    [Fact]
    public void Self_training_puts_the_best_class_of_a_row_in_place_of_its_labels()
    {
        int[] best = new int[Voxels];
        for (int row = 0; row < Voxels; row++)
            best[row] = Enumerable.Range(0, Classes).MaxBy(c => Enumerable.Range(0, Width).Sum(k => (double)_features[row * Width + k] * _text.Row(c)[k]));
        using Tensor features = FilledTensor.Of(_device, _features, Voxels, Width);
        double expected = CrossEntropy.AgainstText(_device, features, _text, null, RowLabels.FromPairs(Voxels, s_rows, [.. s_rows.Select(row => best[row])], Classes), null);

        double always = Step(new LabelLoss(new SelfTraining(0, Start: 0, Probability: 1))).Losses.MeanLabel;

        Assert.Equal(expected, always, 1e-12);
        Assert.NotEqual(always, Step(new LabelLoss(null)).Losses.MeanLabel);
        Assert.Equal(Step(new LabelLoss(null)).Losses, Step(new LabelLoss(new SelfTraining(0, Start: 1, Probability: 1))).Losses);
    }

    [Fact]
    public void Self_training_switches_with_its_probability_from_its_start_on()
    {
        var training = new SelfTraining(5, Start: 10, Probability: 0.5);

        Assert.DoesNotContain(true, Enumerable.Range(0, 1000).Select(i => training.Switches(i % 10, i)));
        Assert.InRange(Enumerable.Range(0, 1000).Count(i => training.Switches(10 + i / 100, i % 100)), 440, 560);
    }

    [Fact]
    public void A_loss_after_the_last_one_is_refused()
    {
        using TrainingPass pass = Pass();
        new LabelLoss(null).Step(pass);

        Assert.Throws<InvalidOperationException>(() => new DistillationLoss().Step(pass));
        pass.Batch.Fused!.Dispose();
        pass.Batch.Pixels!.Dispose();
    }

    private (EpochLosses Losses, float[] Gradient, float[] HeadGradient) Step(LossTerm term, LossTerm? last = null)
    {
        using TrainingPass pass = Pass();
        EpochLosses losses = term.Step(pass);
        last?.Step(pass);
        float[] gradient = pass.TotalGradient().ToArray(), head = pass.HeadGradient?.ToArray() ?? [];
        pass.HeadFeatures.Dispose();
        pass.Batch.Fused!.Dispose();
        pass.Batch.Pixels!.Dispose();
        return (losses, gradient, head);
    }

    private TrainingPass Pass()
    {
        var batch = new TrainingBatch
        {
            Input = null!, // no loss reads it
            Pairs = RowLabels.FromPairs(Voxels, s_rows, [0, 1, 2, 1], Classes),
            Fused = Targets(4),
            Pixels = Targets(5),
        };
        return new TrainingPass(_device, batch, 0, 0, FilledTensor.Of(_device, _features, Voxels, Width), FilledTensor.Of(_device, _channels, Voxels, Channels), _text, Weight);
    }

    private RowTargets Targets(ulong seed)
    {
        var targets = new RowTargets(_device, Voxels, Width, s_rows);
        for (int i = 0; i < s_rows.Length; i++)
        {
            float[] direction = Numbers.Normal(Width, seed + 10 * (ulong)i);
            float length = MathF.Sqrt(direction.Sum(value => value * value));
            targets.Add(i, [.. direction.Select(value => value / length)]);
        }
        return targets;
    }
}
