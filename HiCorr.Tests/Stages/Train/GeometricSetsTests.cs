using HiCorr.Native.Random;
using HiCorr.Pipeline.Segmentation;
using HiCorr.Pipeline.Stages.Train;

namespace HiCorr.Tests.Stages.Train;

public sealed class GeometricSetsTests
{
    [Fact]
    public void Shares_are_proportional_and_add_up()
    {
        GeometricSets sets = Of(50, 30, 20);

        Assert.Equal([5, 3, 2], sets.Shares(10));
    }

    [Fact]
    public void Largest_remainders_get_what_rounding_down_leaves()
    {
        // 7 of 100: exact shares are 3.5, 2.1 and 1.4.
        Assert.Equal([4, 2, 1], Of(50, 30, 20).Shares(7));
    }

    [Fact]
    public void A_scene_with_fewer_points_than_asked_for_gives_all() =>
        Assert.Equal(Enumerable.Range(0, 10), Of(4, 6).Draw(1024, new CounterRandom(1, "sample")).Order());

    [Fact]
    public void Draws_as_many_different_points_of_each_set_as_its_share()
    {
        GeometricSets sets = Of(500, 300, 200);

        int[] drawn = sets.Draw(100, new CounterRandom(1, "sample"));

        Assert.Equal(100, drawn.Distinct().Count());
        Assert.Equal([50, 30, 20], [drawn.Count(p => p < 500), drawn.Count(p => p is >= 500 and < 800), drawn.Count(p => p >= 800)]);
    }

    [Fact]
    public void Every_point_of_a_set_is_drawn_equally_often()
    {
        GeometricSets sets = Of(10, 10);
        int[] counts = new int[20];

        for (ulong epoch = 0; epoch < 4000; epoch++)
            foreach (int point in sets.Draw(6, new CounterRandom(1, "sample", epoch))) counts[point]++;

        // 4000 draws of 3 in 10: 1200 a point, standard deviation 29.
        Assert.All(counts, count => Assert.InRange(count, 1200 - 6 * 29, 1200 + 6 * 29));
    }

    private static GeometricSets Of(params int[] sizes)
    {
        int[] ids = [.. sizes.SelectMany((size, set) => Enumerable.Repeat(set, size))];
        return new GeometricSets(new Segments(ids, sizes.Length));
    }
}
