using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Labels;

public sealed class GroupModeTests
{
    [Fact]
    public void Takes_the_most_frequent_label_of_each_group()
    {
        int[] votes = new int[2];
        byte[] modes = GroupMode.Compute([0, 1, 0, 1, 0, 1], [3, 7, 3, 7, 5, 2], 2, votes);
        Assert.Equal([3, 7], modes);
        Assert.Equal([2, 2], votes);
    }

    [Theory]
    [InlineData(new byte[] { 5, 2, 2, 5 }, 2)]
    [InlineData(new byte[] { 9, 9, 4, 4, 7 }, 4)]
    public void Gives_a_tie_to_the_smallest_class(byte[] labels, byte expected) =>
        Assert.Equal([expected], GroupMode.Compute(new int[labels.Length], labels, 1));

    [Fact]
    public void Does_not_count_missing_labels()
    {
        byte[] modes = GroupMode.Compute([0, 0, 0, 1], [ClassList.None, ClassList.None, 4, ClassList.None], 2);
        Assert.Equal([4, ClassList.None], modes);
    }

    [Fact]
    public void Gives_no_label_to_an_empty_group() => Assert.Equal([ClassList.None, 1], GroupMode.Compute([1], [1], 2));
}
