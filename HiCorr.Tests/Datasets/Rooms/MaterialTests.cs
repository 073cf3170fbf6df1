using System.Numerics;
using HiCorr.Pipeline.Datasets.Rooms;

namespace HiCorr.Tests.Datasets.Rooms;

public sealed class MaterialTests
{
    [Fact]
    public void Does_not_give_the_class_away_by_its_colour()
    {
        const int Each = 40;
        var means = new Vector3[RoomsClass.Count];
        for (int label = 0; label < RoomsClass.Count; label++)
            for (int i = 0; i < Each; i++) means[label] += MeanColor((byte)label, i) / Each;

        int right = 0;
        for (int label = 0; label < RoomsClass.Count; label++)
            for (int i = 0; i < Each; i++)
            {
                Vector3 color = MeanColor((byte)label, Each + i);
                int nearest = Enumerable.Range(0, RoomsClass.Count).MinBy(k => Vector3.DistanceSquared(means[k], color));
                if (nearest == label) right++;
            }
        // Chance is 5 %; its spread over 800 guesses is 0.8 %. Objects of many parts lie nearer to grey, which tells a little.
        Assert.True(right < 0.11 * Each * RoomsClass.Count, $"nearest mean colour names {right} of {Each * RoomsClass.Count}");
    }

    [Fact]
    public void Stays_within_the_range_of_colours()
    {
        for (int i = 0; i < 200; i++)
        {
            Material material = Material.Of((Substance)(i % Enum.GetValues<Substance>().Length), new RoomRandom(i));
            for (int k = 0; k < 50; k++)
            {
                Vector3 c = material.Sample(new RoomRandom(i, k).InCube(5));
                Assert.True(Vector3.Min(c, Vector3.Zero) == Vector3.Zero && Vector3.Max(c, Vector3.One * 1.001f) == Vector3.One * 1.001f, $"material {i}: {c}");
            }
        }
    }

    private static Vector3 MeanColor(byte label, int index)
    {
        Stage stage = Stage.Set(label, new RoomRandom(11, label, index));
        Vector3 sum = Vector3.Zero;
        float area = 0;
        foreach (Quad quad in stage.Room.Quads)
        {
            if (quad.Label != label) continue;
            float size = Vector3.Cross(quad.P2 - quad.P0, quad.P3 - quad.P1).Length();
            sum += size * quad.Material.Sample(stage.Room.ToObject(quad.Object, (quad.P0 + quad.P1 + quad.P2 + quad.P3) / 4));
            area += size;
        }
        return sum / area;
    }
}
