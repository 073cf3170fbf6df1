using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Labels;

public sealed class LabelVoteTests
{
    [Fact]
    public void Fuses_views_by_majority_and_counts_agreement_over_repeated_points()
    {
        // Point 0: 1 1 2; point 1: 4 once; point 2: 3 3; point 3: never.
        LabelVote vote = LabelVote.Compute([0, 1, 2, 0, 2, 0], [1, 4, 3, 2, 3, 1], 4);

        Assert.Equal([1, 4, 3, ClassList.None], vote.Labels);
        Assert.Equal(3, vote.Covered);
        Assert.Equal(4 / 5.0, vote.Agreement, 12); // (2 of 3) and (2 of 2)
    }

    [Fact]
    public void Agrees_fully_when_no_point_is_seen_twice() => Assert.Equal(1, LabelVote.Compute([0, 1], [3, 4], 2).Agreement);
}
