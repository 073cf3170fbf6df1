using HiCorr.Pipeline.Evaluation.Noise;
using HiCorr.Pipeline.Labels;

namespace HiCorr.Tests.Evaluation.Noise;

public sealed class ViewAgreementTests
{
    // Point 0: 1 1 2; point 1: 4 once; point 2: 3 3; point 3: 5 6; point 4: 0 0. Right are label 2 on point 0, label 4 on point 1 and label 0 on point 4.
    private static readonly int[] s_points = [0, 1, 2, 3, 4, 0, 2, 3, 4, 0];
    private static readonly byte[] s_labels = [1, 4, 3, 5, 0, 2, 3, 6, 0, 1];
    private static readonly bool[] s_right = [false, true, false, false, true, true, false, false, true, false];

    [Fact]
    public void Compares_all_pairs_of_views_of_a_point() => Assert.Equal((2 + 2 + 0 + 2) / (6.0 + 2 + 2 + 2), Measure().PairAgreement, 12);

    [Fact]
    public void Takes_the_majority_share_as_the_vote_does()
    {
        Assert.Equal((2 + 2 + 1 + 2) / (3.0 + 2 + 2 + 2), Measure().MajorityShare, 12);
        Assert.Equal(ViewVote.Compute(s_points, s_labels, 5).Agreement, Measure().MajorityShare, 12);
    }

    [Fact]
    public void Tells_errors_of_all_views_from_errors_of_some()
    {
        ViewAgreement agreement = Measure();
        Assert.Equal(4, agreement.Points);
        Assert.Equal(2 / 4.0, agreement.Unanimous, 12); // points 2 and 4
        Assert.Equal(1 / 2.0, agreement.UnanimousWrong, 12); // point 2
        Assert.Equal(2 / 4.0, agreement.SomeRight, 12); // points 0 and 4
    }

    [Fact]
    public void Adds_scenes_by_their_counts()
    {
        ViewAgreement agreement = Measure();
        agreement.AddScene([0, 0], [7, 7], [true, true]);
        Assert.Equal((6 + 2) / (12.0 + 2), agreement.PairAgreement, 12);
        Assert.Equal(5, agreement.Points);
    }

    private static ViewAgreement Measure()
    {
        var agreement = new ViewAgreement();
        agreement.AddScene(s_points, s_labels, s_right);
        return agreement;
    }
}
