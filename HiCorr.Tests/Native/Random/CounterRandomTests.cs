using HiCorr.Native.Random;

namespace HiCorr.Tests.Native.Random;

public sealed class CounterRandomTests
{
    /// <summary>The known answers that the authors of Philox publish with it.</summary>
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Is_Philox4x32_10(uint a, uint b, uint c, uint d, uint k0, uint k1, uint x, uint y, uint z, uint w) =>
        Assert.Equal((x, y, z, w), CounterRandom.Philox(a, b, c, d, k0, k1));

    [Fact]
    public void Depends_on_every_part_of_its_address()
    {
        ulong[] draws =
        [
            new CounterRandom(1, "a").Bits(0), new CounterRandom(2, "a").Bits(0), new CounterRandom(1, "b").Bits(0), new CounterRandom(1, "a", 0).Bits(0),
            new CounterRandom(1, "a", 1).Bits(0), new CounterRandom(1, "a", 0, 1).Bits(0), new CounterRandom(1, "a", 1, 0).Bits(0), new CounterRandom(1, "a").Bits(1),
        ];

        Assert.Equal(draws.Length, draws.Distinct().Count());
        Assert.Equal(draws[0], new CounterRandom(1, "a").Bits(0));
    }

    [Fact]
    public void Uniform_normal_and_integer_have_their_moments()
    {
        var random = new CounterRandom(7, "moments");
        double[] uniform = [.. Enumerable.Range(0, 40_000).Select(i => random.Uniform((ulong)i))];
        double[] normal = [.. Enumerable.Range(0, 40_000).Select(i => random.Normal((ulong)i))];
        int[] counts = new int[5];
        for (int i = 0; i < 40_000; i++) counts[random.Integer((ulong)i, 5)]++;

        Assert.All(uniform, u => Assert.InRange(u, 0, 1 - 1e-17));
        Assert.Equal(0.5, uniform.Average(), 0.01);
        Assert.Equal(0, normal.Average(), 0.02);
        Assert.Equal(1, normal.Average(x => x * x), 0.03);
        Assert.Equal(3, normal.Average(x => x * x * x * x), 0.3);
        Assert.All(counts, count => Assert.InRange(count, 7600, 8400));
    }

    [Fact]
    public void A_permutation_holds_every_number_once_in_another_order()
    {
        int[] order = new CounterRandom(1, "permutation").Permutation(100);

        Assert.Equal(Enumerable.Range(0, 100), order.Order());
        Assert.NotEqual(Enumerable.Range(0, 100), order);
        Assert.Empty(new CounterRandom(1, "permutation").Permutation(0));
    }
}
