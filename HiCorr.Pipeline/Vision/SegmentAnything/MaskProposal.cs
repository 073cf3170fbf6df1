using System.Globalization;
using HiCorr.Pipeline.Labels;

namespace HiCorr.Pipeline.Vision.SegmentAnything;

/// <summary>One mask of an image as a list of runs of pixels.</summary>
/// <param name="Runs">First pixel and the one after the last of each run, in reading order.</param>
/// <param name="Area">Pixels.</param>
/// <param name="Left">First column; the box holds whole pixels.</param>
/// <param name="Top">First row.</param>
/// <param name="Right">Column after the last.</param>
/// <param name="Bottom">Row after the last.</param>
/// <param name="PredictedIou">What the decoder thinks of the mask.</param>
internal sealed record MaskProposal(int[] Runs, int Area, int Left, int Top, int Right, int Bottom, float PredictedIou)
{
    /// <summary>A pixel belongs to the mask where its logit is above this.</summary>
    private const float MaskThreshold = 0;

    /// <summary>How far the threshold is moved for the stability.</summary>
    private const float StabilityOffset = 1;

    /// <summary>The IoU between the mask with a higher and with a lower threshold: near 1 where its border is sharp. 0 for a mask without pixels.</summary>
    /// <param name="logits">(H, W)</param>
    public static double Stability(ReadOnlySpan<float> logits)
    {
        int inner = 0, outer = 0;
        foreach (float logit in logits)
        {
            if (logit > MaskThreshold + StabilityOffset) inner++;
            if (logit > MaskThreshold - StabilityOffset) outer++;
        }
        return outer == 0 ? 0 : (double)inner / outer;
    }

    /// <summary>Null for a mask without pixels.</summary>
    /// <param name="logits">(H, W)</param>
    /// <param name="width">W.</param>
    /// <param name="predictedIou">Of the decoder.</param>
    public static MaskProposal? FromLogits(ReadOnlySpan<float> logits, int width, float predictedIou)
    {
        var runs = new List<int>();
        int area = 0, left = int.MaxValue, top = int.MaxValue, right = 0, bottom = 0;
        for (int start = 0; start < logits.Length; start += width)
        {
            ReadOnlySpan<float> row = logits.Slice(start, width);
            for (int x = 0; x < width; x++)
            {
                if (!(row[x] > MaskThreshold)) continue;
                int first = x;
                while (x < width && row[x] > MaskThreshold) x++;
                runs.Add(start + first);
                runs.Add(start + x);
                area += x - first;
                (left, right) = (Math.Min(left, first), Math.Max(right, x));
                (top, bottom) = (Math.Min(top, start / width), start / width + 1);
            }
        }
        return area == 0 ? null : new MaskProposal([.. runs], area, left, top, right, bottom, predictedIou);
    }

    /// <summary>Of equal masks the best: in the order of their predicted IoU, those whose box overlaps a better one's by more than a threshold are dropped.</summary>
    public static IReadOnlyList<MaskProposal> Suppress(IEnumerable<MaskProposal> proposals, double boxIou)
    {
        var kept = new List<MaskProposal>();
        // The sort is stable: of equals the first point of the grid wins.
        foreach (MaskProposal proposal in proposals.OrderByDescending(proposal => proposal.PredictedIou))
            if (kept.TrueForAll(better => better.BoxIou(proposal) <= boxIou)) kept.Add(proposal);
        return kept;
    }

    /// <summary>Paints the masks into a map, smaller ones on top.</summary>
    /// <exception cref="ConfigurationException">More masks than a map can number.</exception>
    public static MaskMap Paint(IReadOnlyList<MaskProposal> masks, int width, int height)
    {
        if (masks.Count > MaskMapFile.MostMasks)
            throw new ConfigurationException("masks.points_per_side", string.Create(CultureInfo.InvariantCulture, $"gives {masks.Count} masks in an image, more than {MaskMapFile.MostMasks}"), "Set it smaller");
        ushort[] ids = new ushort[width * height];
        int id = 0;
        foreach (MaskProposal mask in masks.OrderByDescending(mask => mask.Area))
        {
            id++;
            for (int r = 0; r < mask.Runs.Length; r += 2) ids.AsSpan(mask.Runs[r], mask.Runs[r + 1] - mask.Runs[r]).Fill((ushort)id);
        }
        return new MaskMap(width, height, ids, id);
    }

    private double BoxIou(MaskProposal other)
    {
        long width = Math.Min(Right, other.Right) - Math.Max(Left, other.Left), height = Math.Min(Bottom, other.Bottom) - Math.Max(Top, other.Top);
        if (width <= 0 || height <= 0) return 0;
        long both = width * height;
        return (double)both / (BoxArea + other.BoxArea - both);
    }

    private long BoxArea => (long)(Right - Left) * (Bottom - Top);
}
