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

    [Fact]
    public void Votes_with_all_labelled_pixels_of_a_mask_and_leaves_the_others()
    {
        // Mask 1 is the left half, mask 2 two pixels on the right whose labels tie; the rest has no mask.
        var map = new LabelMap(4, 2, 8, 4, [5, 6, 9, 3, 5, 255, 4, 3], new byte[8]);
        var masks = new MaskMap(4, 2, [1, 1, 2, 0, 1, 1, 2, 0], 2);

        LabelMap refined = LabelRefinement.Refine(map, masks);

        Assert.Equal([5, 5, 4, 3, 5, 255, 4, 3], refined.Labels);
        Assert.Equal([5, 6, 9, 3, 5, 255, 4, 3], map.Labels);
    }

    [Fact]
    public void Takes_masks_of_another_size_by_pixel_centres()
    {
        var map = new LabelMap(2, 1, 2, 1, [1, 2], new byte[2]);
        // Centres of the two pixels fall on columns 1 and 4 of 6.
        Assert.Equal([1, 2], LabelRefinement.Refine(map, new MaskMap(6, 1, [1, 1, 1, 2, 2, 2], 2)).Labels);
        Assert.Equal([1, 1], LabelRefinement.Refine(map, new MaskMap(6, 1, [0, 1, 2, 2, 1, 0], 2)).Labels);
    }
}
