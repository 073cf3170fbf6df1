using HiCorr.Native.Devices;
using HiCorr.Native.Tensors;
using HiCorr.Pipeline.Networks;
using HiCorr.Tests.Native;

namespace HiCorr.Tests.Networks;

public sealed class CosineScoringTests : IDisposable
{
    private readonly CpuDevice _device = new(1);

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Scores_are_scaled_cosines_with_the_pack_s_bias()
    {
        using Tensor features = FilledTensor.Of(_device, [3, 4], 1, 2), products = FilledTensor.Of(_device, [3, 4], 1, 2); // against the unit axes

        new CosineScoring(10, [0.5f, 0]).Apply(features, products);

        Assert.Equal(11, products.Span[0], 1e-5); // 10 (3/5 + 0.5)
        Assert.Equal(8, products.Span[1], 1e-5);
    }

    [Fact]
    public void The_length_of_a_feature_does_not_matter()
    {
        using Tensor features = FilledTensor.Of(_device, [3, 4, 30, 40], 2, 2), products = FilledTensor.Of(_device, [3, 4, 30, 40], 2, 2);

        new CosineScoring(10, [0.5f, 0]).Apply(features, products);

        Assert.Equal(products.Row(0).ToArray(), products.Row(1).ToArray());
    }

    [Fact]
    public void A_feature_of_zeros_scores_the_bias()
    {
        using Tensor features = FilledTensor.Of(_device, [0, 0], 1, 2), products = FilledTensor.Of(_device, [0, 0], 1, 2);

        new CosineScoring(10, [0.5f, -1]).Apply(features, products);

        Assert.Equal([5f, -10f], products.ToArray());
    }
}
