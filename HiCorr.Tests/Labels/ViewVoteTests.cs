using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Labels;

public sealed class ViewVoteTests
{
    [Fact]
    public void Fuses_views_by_majority_and_counts_agreement_over_repeated_points()
    {
        // Point 0: 1 1 2; point 1: 4 once; point 2: 3 3; point 3: never.
        ViewVote vote = ViewVote.Compute([0, 1, 2, 0, 2, 0], [1, 4, 3, 2, 3, 1], 4);

        Assert.Equal([1, 4, 3, ClassList.None], vote.Labels);
        Assert.Equal(3, vote.Covered);
        Assert.Equal(4 / 5.0, vote.Agreement, 12); // (2 of 3) and (2 of 2)
    }

    [Fact]
    public void Agrees_fully_when_no_point_is_seen_twice() => Assert.Equal(1, ViewVote.Compute([0, 1], [3, 4], 2).Agreement);

    [Fact]
    public void Leaves_every_point_without_a_label_when_there_are_no_views()
    {
        ViewVote vote = ViewVote.Compute([], [], 3);

        Assert.Equal([ClassList.None, ClassList.None, ClassList.None], vote.Labels);
        Assert.Equal(0, vote.Covered);
        Assert.Equal(1, vote.Agreement);
    }

    [Fact]
    public void Does_not_take_a_missing_label_for_a_view()
    {
        // Point 0: 7 and one without label, so it is seen once; point 1: none at all; point 2: a tie of two views.
        ViewVote vote = ViewVote.Compute([0, 0, 1, 2, 2], [7, ClassList.None, ClassList.None, 9, 5], 3);

        Assert.Equal([7, ClassList.None, 5], vote.Labels);
        Assert.Equal(2, vote.Covered);
        Assert.Equal(1 / 2.0, vote.Agreement, 12);
    }
}
