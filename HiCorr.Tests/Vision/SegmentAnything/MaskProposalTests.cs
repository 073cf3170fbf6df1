using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Vision.SegmentAnything;

namespace HiCorr.Tests.Vision.SegmentAnything;

public sealed class MaskProposalTests
{
    [Fact]
    public void Stability_is_the_iou_of_a_higher_and_a_lower_threshold()
    {
        Assert.Equal(2.0 / 3, MaskProposal.Stability([5, 1.5f, 0.5f, -1.5f]));
        Assert.Equal(1, MaskProposal.Stability([5, -5]));
        Assert.Equal(0, MaskProposal.Stability([-5, -5]));
    }

    [Fact]
    public void Mask_is_where_logits_are_positive()
    {
        MaskProposal mask = MaskProposal.FromLogits([
            -1, -1, -1, -1,
            -1, 2, 3, 0,
            1, 1, -1, 1,
            -1, -1, -1, -1], 4, 0.9f)!;

        Assert.Equal([5, 7, 8, 10, 11, 12], mask.Runs);
        Assert.Equal((5, 0, 1, 4, 3), (mask.Area, mask.Left, mask.Top, mask.Right, mask.Bottom));
        Assert.Null(MaskProposal.FromLogits([-1, 0], 2, 0.9f));
    }

    [Fact]
    public void Of_masks_with_nearly_the_same_box_the_best_stays()
    {
        // Boxes of 10 and of 9 pixels: IoU 0.9. A third far away.
        MaskProposal worse = Row(0, 10, 0.9f), better = Row(0, 9, 0.95f), other = Row(15, 20, 0.89f);

        Assert.Equal([better, other], MaskProposal.Suppress([worse, better, other], 0.7));
        Assert.Equal([better, worse, other], MaskProposal.Suppress([worse, better, other], 0.95));
        MaskProposal twin = Row(0, 9, 0.95f);
        Assert.Same(better, Assert.Single(MaskProposal.Suppress([better, twin], 0.7)));
    }

    [Fact]
    public void Smaller_masks_lie_on_top_and_the_rest_has_none()
    {
        MaskMap map = MaskProposal.Paint([Row(4, 6, 0.9f), Row(2, 10, 0.99f)], 20, 1);

        Assert.Equal(2, map.Count);
        Assert.Equal([0, 0, 1, 1, 2, 2, 1, 1, 1, 1, .. new ushort[10]], map.Ids);
    }

    private static MaskProposal Row(int first, int last, float iou)
    {
        float[] logits = new float[20];
        for (int x = 0; x < logits.Length; x++) logits[x] = x >= first && x < last ? 1 : -1;
        return MaskProposal.FromLogits(logits, 20, iou)!;
    }
}
