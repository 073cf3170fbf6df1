using HiCorr.Pipeline.Labels;

namespace HiCorr.Tests.Labels;

public sealed class LabelRefinementTests
{
    // Points 0-2 are segment 0, points 3-4 segment 1. Frame 0 sees 0 1 2 3, frame 1 sees 0 1 3 4.
    private static readonly int[] s_segments = [0, 0, 0, 1, 1];
    private static readonly LabelPairs s_pairs = new()
    {
        FrameOffsets = [0, 4, 8],
        Points = [0, 1, 2, 3, 0, 1, 3, 4],
        Raw = [5, 5, 6, 1, 6, 6, 2, 3],
        Refined = [5, 5, 6, 1, 6, 6, 2, 3],
        Confidence = [1, 2, 3, 4, 5, 6, 7, 8],
    };

    [Fact]
    public void Votes_inside_each_frame_when_the_scope_is_view() =>
        Assert.Equal([5, 5, 5, 1, 6, 6, 2, 2], LabelRefinement.Refine(s_pairs, s_segments, 2, RefinementScope.View).Refined);

    [Fact]
    public void Votes_over_all_frames_when_the_scope_is_scene() =>
        // Segment 0: 5 twice, 6 three times; segment 1: 1, 2, 3 once each.
        Assert.Equal([6, 6, 6, 1, 6, 6, 1, 1], LabelRefinement.Refine(s_pairs, s_segments, 2, RefinementScope.Scene).Refined);

    [Fact]
    public void Keeps_the_labels_when_the_scope_is_none() =>
        Assert.Equal(s_pairs.Raw, LabelRefinement.Refine(s_pairs, s_segments, 2, RefinementScope.None).Refined);

    [Fact]
    public void Leaves_the_raw_labels_as_they_are() =>
        Assert.Equal([5, 5, 6, 1, 6, 6, 2, 3], LabelRefinement.Refine(s_pairs, s_segments, 2, RefinementScope.View).Raw);
}
