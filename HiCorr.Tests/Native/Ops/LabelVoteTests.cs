using HiCorr.Native.Devices;
using HiCorr.Native.Ops.LabelVote;
using HiCorr.Native.Random;

namespace HiCorr.Tests.Native.Ops;

public sealed class LabelVoteTests
{
    [Fact]
    public void Takes_the_most_frequent_label_of_each_group()
    {
        int[] votes = new int[2];
        byte[] modes = LabelVote.Forward(CpuDevice.Default, [0, 1, 0, 1, 0, 1], [3, 7, 3, 7, 5, 2], 2, votes);
        Assert.Equal([3, 7], modes);
        Assert.Equal([2, 2], votes);
    }

    [Theory]
    [InlineData(new byte[] { 5, 2, 2, 5 }, 2)]
    [InlineData(new byte[] { 9, 9, 4, 4, 7 }, 4)]
    public void Gives_a_tie_to_the_smallest_class(byte[] labels, byte expected) =>
        Assert.Equal([expected], LabelVote.Forward(CpuDevice.Default, new int[labels.Length], labels, 1));

    [Fact]
    public void Does_not_count_missing_labels()
    {
        byte[] modes = LabelVote.Forward(CpuDevice.Default, [0, 0, 0, 1], [LabelVote.None, LabelVote.None, 4, LabelVote.None], 2);
        Assert.Equal([4, LabelVote.None], modes);
    }

    [Fact]
    public void Gives_no_label_to_an_empty_group() => Assert.Equal([LabelVote.None, 1], LabelVote.Forward(CpuDevice.Default, [1], [1], 2));

    [Theory]
    [InlineData("ascending in every view", 1)]
    [InlineData("ascending in every view", 20)]
    [InlineData("at random", 20)]
    [InlineData("at random", 255)]
    [InlineData("one after the other", 255)]
    public void Counts_every_group_as_a_plain_count_does(string order, int classes)
    {
        const int Groups = 1000, Labels = 9 * Groups;
        var random = new CounterRandom(3, "modes");
        byte[] labels = new byte[Labels];
        int[] groups = new int[Labels];
        for (int i = 0; i < Labels; i++)
        {
            // A tenth without label; nine labels of twenty classes often tie.
            ulong counter = 3 * (ulong)i;
            labels[i] = random.Integer(counter, 10) == 0 ? LabelVote.None : (byte)random.Integer(counter + 1, classes);
            groups[i] = order == "at random" ? random.Integer(counter + 2, Groups) : order == "one after the other" ? i / 9 : i % Groups;
        }
        int[] votes = new int[Groups], voters = new int[Groups];

        byte[] modes = LabelVote.Forward(CpuDevice.Default, groups, labels, Groups, votes, voters);

        ILookup<int, byte> labelsOf = groups.Zip(labels).Where(pair => pair.Second != LabelVote.None).ToLookup(pair => pair.First, pair => pair.Second);
        for (int g = 0; g < Groups; g++)
        {
            byte[] members = [.. labelsOf[g]];
            var best = members.GroupBy(label => label).OrderByDescending(same => same.Count()).ThenBy(same => same.Key).FirstOrDefault();
            Assert.Equal((best?.Key ?? LabelVote.None, best?.Count() ?? 0, members.Length), (modes[g], votes[g], voters[g]));
        }
    }

    [Fact]
    public void Counts_more_labels_of_a_group_than_a_byte_holds()
    {
        int[] votes = new int[1];
        LabelVote.Forward(CpuDevice.Default, new int[70_000], new byte[70_000], 1, votes);
        Assert.Equal([70_000], votes);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void Refuses_a_group_that_is_not_there(int group) => Assert.Throws<ArgumentOutOfRangeException>(() => LabelVote.Forward(CpuDevice.Default, [0, group], [1, 1], 2));

    [Fact]
    public void Refuses_groups_that_are_not_as_many_as_the_labels() => Assert.Throws<ArgumentException>(() => LabelVote.Forward(CpuDevice.Default, [0, 0], [1], 1));
}
