using System.Text.Json;
using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Models;
using HiCorr.Native.Ops.CrossEntropy;
using HiCorr.Native.Optim;
using HiCorr.Native.Tensors;
using HiCorr.Native.Voxels;
using HiCorr.Pipeline.Formats.Torch;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Models;

/// <summary>golden/minkowski/minkunet14a: the whole network against MinkowskiEngine.</summary>
public sealed class MinkUNet14AGoldenTests : IDisposable
{
    private readonly GoldenCase _golden = GoldenCase.Open("minkowski/minkunet14a");
    private readonly CpuDevice _device = new();
    private readonly VoxelLevels _voxels;
    private readonly MinkUNet14A _network;
    private readonly Tensor _features;
    private readonly Tensor _text;

    public MinkUNet14AGoldenTests()
    {
        _voxels = VoxelLevels.Build(_device, _golden.Integers("coords"));
        _network = new MinkUNet14A(_device, 3, 512);
        TorchStateImport.Load(_golden.PathOf("weights.pth"), _network);
        _features = _device.Memory.Rent(_voxels[0].Count, 3);
        float[] features = _golden.Floats("feats");
        for (int row = 0; row < _features.Rows; row++) features.AsSpan(3 * _voxels.First[row], 3).CopyTo(_features.Row(row));
        _text = _device.Memory.Rent(20, 512);
        _text.CopyFrom(_golden.Floats("text"));
    }

    public void Dispose()
    {
        _network.Dispose();
        _voxels.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void Has_the_parameters_of_the_checkpoint_in_its_order()
    {
        string[] expected = [.. _golden.Description.GetProperty("parameters").EnumerateArray().Select(p => p.GetProperty("name").GetString()!)];

        Assert.Equal(expected, _network.Parameters.Select(p => p.Name));
        Assert.Equal(8_062_816, _network.ParameterCount);
    }

    [Fact]
    public void Has_the_levels_of_the_case()
    {
        int[] expected = [.. _golden.Description.GetProperty("voxels_per_level").EnumerateArray().Select(l => l.GetProperty("voxels").GetInt32())];

        Assert.Equal(expected, Enumerable.Range(0, 5).Select(level => _voxels[level].Count));
    }

    [Fact]
    public void Gives_the_evaluation_output()
    {
        using Tensor output = _network.Forward(_voxels, _features, training: false);
        using Tensor logits = _device.Memory.Rent(output.Rows, 20);
        CrossEntropy.Logits(_device, output, _text, null, logits);

        _golden.AssertClose("eval_logits", InGivenOrder(logits));
        float[] all = InGivenOrder(output);
        float[] norms = new float[output.Rows];
        for (int row = 0; row < norms.Length; row++) norms[row] = (float)Norm(all.AsSpan(row * 512, 512));
        _golden.AssertClose("eval_out_norm", norms);
        _golden.AssertClose("eval_out", _golden.Integers("eval_rows").SelectMany(row => all.AsSpan(row * 512, 512).ToArray()).ToArray());
    }

    [Fact]
    public void Gives_the_gradients_and_running_statistics_of_a_training_pass()
    {
        TrainingLoss();

        double[] norms = _golden.Doubles("grad_norms");
        double relative = _golden.Description.GetProperty("arrays").GetProperty("grad_norms").GetProperty("suggested_relative_tolerance").GetDouble();
        for (int i = 0; i < norms.Length; i++)
            Assert.True(Math.Abs(Norm(_network.Parameters[i].Gradient.Span) - norms[i]) <= relative * norms[i], _network.Parameters[i].Name);
        foreach (string name in new[] { "conv0p1s1.kernel", "convtr7p2s2.kernel", "block2.0.downsample.0.kernel", "final.kernel" })
            _golden.AssertClose("grad." + name, Gradient(name));
        ReadOnlySpan<float> deepest = Gradient("block4.0.conv2.kernel");
        _golden.AssertClose("grad.block4.0.conv2.kernel.offset13", deepest.Slice(13 * 256 * 256, 256 * 256));
        double[] perOffset = _golden.Doubles("grad_norms_per_offset.block4.0.conv2.kernel");
        double tolerance = _golden.Tolerances("grad_norms_per_offset.block4.0.conv2.kernel")[0];
        for (int k = 0; k < 27; k++) Assert.Equal(perOffset[k], Norm(deepest.Slice(k * 256 * 256, 256 * 256)), tolerance);
        foreach (JsonProperty array in _golden.Description.GetProperty("arrays").EnumerateObject())
        {
            if (!array.Name.StartsWith("stats_after_1.", StringComparison.Ordinal)) continue;
            StateBuffer buffer = _network.Buffers.Single(b => b.Name == array.Name["stats_after_1.".Length..]);
            _golden.AssertClose(array.Name, buffer.Value.Span);
        }
    }

    [Fact]
    public void Gives_the_losses_of_five_training_steps()
    {
        using var optimiser = new Sgd(_device, _network.Parameters);
        float[] losses = new float[6];
        for (int step = 0; step < losses.Length; step++)
        {
            losses[step] = (float)TrainingLoss();
            optimiser.Step(0.2);
            if (step == 0) AssertParameterNorms("norm_after_1_step");
            if (step == 4) AssertParameterNorms("norm_after_5_steps");
        }

        _golden.AssertClose("train_losses", losses);
    }

    private void AssertParameterNorms(string key)
    {
        int i = 0;
        foreach (JsonElement parameter in _golden.Description.GetProperty("parameters").EnumerateArray())
        {
            double expected = parameter.GetProperty(key).GetDouble();
            Assert.Equal(expected, Norm(_network.Parameters[i++].Value.Span), 1e-4 * Math.Max(expected, 0.01));
        }
    }

    private double TrainingLoss()
    {
        int[] labels = _golden.Integers("labels");
        int[] ordered = [.. _voxels.First.ToArray().Select(row => labels[row])];
        _network.ClearGradients();
        using Tensor output = _network.Forward(_voxels, _features, training: true);
        using Tensor gradient = _device.Memory.Rent(output.Rows, output.Columns);
        double loss = CrossEntropy.AgainstText(_device, output, _text, null, RowLabels.PerRow(ordered, 20), gradient);
        _network.Backward(gradient);
        return loss;
    }

    private ReadOnlySpan<float> Gradient(string name) => _network.Parameters.Single(p => p.Name == name).Gradient.Span;

    private float[] InGivenOrder(Tensor tensor)
    {
        float[] values = new float[_voxels.RowOf.Length * tensor.Columns];
        for (int i = 0; i < _voxels.RowOf.Length; i++) tensor.Row(_voxels.RowOf[i]).CopyTo(values.AsSpan(i * tensor.Columns));
        return values;
    }

    private static double Norm(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values) sum += (double)value * value;
        return Math.Sqrt(sum);
    }
}
