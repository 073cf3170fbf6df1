using HiCorr.Native.Devices;
using HiCorr.Native.Layers;
using HiCorr.Native.Ops.Attention;
using HiCorr.Native.Tensors;
using HiCorr.Tests.Oracles;

namespace HiCorr.Tests.Native.Layers;

public sealed class TransformerBlockTests
{
    private sealed class Block(CpuDevice device) : Network(device);

    public static TheoryData<SimdPath> Paths() => [.. Enum.GetValues<SimdPath>().Where(SimdPaths.Has)];

    /// <summary>golden/torch/vit-block: 64 tokens, width 64, 4 heads.</summary>
    [Theory]
    [MemberData(nameof(Paths))]
    public void Gives_output_and_gradients_of_the_case(SimdPath path)
    {
        GoldenCase golden = GoldenCase.Open("torch/vit-block");
        int tokens = golden.Number("tokens"), width = golden.Number("dim");
        using var device = new CpuDevice(2, path);
        using var network = new Block(device);
        using var block = new TransformerBlock(network, "block", width, golden.Number("heads"));
        foreach (Parameter parameter in network.Parameters) parameter.Value.CopyFrom(ToOurs(parameter, golden.Floats(GoldenName(parameter))));
        using Tensor x = FilledTensor.Of(device, golden.Floats("x"), tokens, width), gradient = FilledTensor.Of(device, golden.Floats("grad_y"), tokens, width);

        using Tensor y = block.Forward(x, RowSegments.Whole(tokens), training: true);
        block.Backward(gradient);

        golden.AssertClose("y", golden.Singles("y"), y.Span);
        golden.AssertClose("grad_x", golden.Singles("grad_x"), gradient.Span);
        foreach (Parameter parameter in network.Parameters)
        {
            string array = "grad_" + GoldenName(parameter);
            float[] expected = IsMatrix(parameter) ? golden.Floats(array) : golden.Singles(array);
            golden.AssertClose(array, ToOurs(parameter, expected), parameter.Gradient.Span);
        }
        using Tensor evaluated = block.Forward(x, RowSegments.Whole(tokens), training: false);
        Assert.Equal(y.ToArray(), evaluated.ToArray());
    }

    [Fact]
    public void Backward_needs_a_training_pass_before_it()
    {
        using var device = new CpuDevice(1);
        using var network = new Block(device);
        using var block = new TransformerBlock(network, "block", 8, 2);
        using Tensor x = device.Memory.RentZeros(3, 8);
        block.Forward(x, RowSegments.Whole(3), training: false).Dispose();

        Assert.Throws<InvalidOperationException>(() => block.Backward(x));
    }

    private static bool IsMatrix(Parameter parameter) => parameter.Shape.Count == 2;

    private static string GoldenName(Parameter parameter) => parameter.Name["block.".Length..].Replace("norm", "ln", StringComparison.Ordinal)
        .Replace("attn.", "", StringComparison.Ordinal).Replace("mlp.", "", StringComparison.Ordinal).Replace("kernel", "weight", StringComparison.Ordinal).Replace('.', '_');

    /// <summary>PyTorch's weights are (out, in), ours (in, out).</summary>
    private static float[] ToOurs(Parameter parameter, float[] values)
    {
        if (!IsMatrix(parameter)) return values;
        (int inputs, int outputs) = (parameter.Shape[0], parameter.Shape[1]);
        return [.. Enumerable.Range(0, values.Length).Select(i => values[(i % outputs * inputs) + (i / outputs)])];
    }
}
