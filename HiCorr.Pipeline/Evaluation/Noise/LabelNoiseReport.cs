using System.Globalization;
using System.Text;
using System.Text.Json;
using HiCorr.Pipeline.Reports;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Evaluation.Noise;

/// <summary>Label noise as <c>label-noise.md</c> (percent) and <c>label-noise.json</c> (shares from 0 to 1; null where there is nothing to count).</summary>
/// <param name="noise">What was counted.</param>
/// <param name="split">What the scenes are called.</param>
public sealed class LabelNoiseReport(LabelNoise noise, string split)
{
    private const int SchemaVersion = 1;

    public void Save(string folder)
    {
        AtomicFile.WriteText(Path.Combine(folder, "label-noise.md"), ToMarkdown());
        AtomicFile.WriteText(Path.Combine(folder, "label-noise.json"), ToJson());
    }

    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Label noise of split '{split}': {noise.Scenes} scenes, {noise.Raw.Views} views, {noise.Raw.Pooled.Points} labels on points with ground truth.\n\n");
        ViewAgreement views = noise.AcrossViews;
        SceneDifference scenes = noise.AcrossScenes;
        SegmentNoise segments = noise.InSegments;
        var table = new MarkdownTable("level", "figure", "%");
        Row("single views", "mIoU, all labels together", noise.Raw.Pooled.MeanIou);
        Row("", "accuracy, all labels together", noise.Raw.Pooled.OverallAccuracy);
        Row("", "accuracy of a view, mean", noise.Raw.MeanAccuracy);
        Row("", "accuracy of a view, standard deviation", noise.Raw.AccuracyDeviation);
        Row("", "mIoU of a view, mean", noise.Raw.MeanViewIou);
        Row("", "mIoU after refinement", noise.Refined.Pooled.MeanIou);
        Row("", "accuracy after refinement", noise.Refined.Pooled.OverallAccuracy);
        Row("across views", "agreement of two views of a point", views.PairAgreement);
        Row("", "majority's share of the labels", views.MajorityShare);
        Row("", "points whose views all agree", views.Unanimous);
        Row("", "of those, wrong", views.UnanimousWrong);
        Row("", "points that some view labels right", views.SomeRight);
        Row("across scenes", "recall of a class, standard deviation", scenes.RecallDeviation);
        Row("", "distance of a class's confusion from its mean", scenes.ConfusionDistance);
        Row("", "two scenes whose most frequent label of a class differs", scenes.Contradiction);
        Row("", "classes whose most frequent label is not the same in all scenes", scenes.ContradictedClasses);
        Row("inside segments", "majority's share of a view's labels on a segment", segments.MajorityShare);
        Row("", "purity of segments (accuracy of the best label per segment)", segments.Ceiling.OverallAccuracy);
        Row("", "mIoU of the best label per segment", segments.Ceiling.MeanIou);
        text.Append(table).Append('\n').Append(ClassTable());
        return text.ToString();

        void Row(string level, string figure, double share) => table.Add(level, figure, MetricsTable.Percent(share));
    }

    public string ToJson() => JsonSerializer.Serialize(new
    {
        schemaVersion = SchemaVersion,
        split,
        scenes = noise.Scenes,
        classList = noise.Classes.Name,
        singleViews = new { raw = Of(noise.Raw), refined = Of(noise.Refined) },
        acrossViews = noise.AcrossViews,
        acrossScenes = new
        {
            fewestLabels = SceneDifference.FewestLabels,
            noise.AcrossScenes.RecallDeviation,
            noise.AcrossScenes.ConfusionDistance,
            noise.AcrossScenes.Contradiction,
            noise.AcrossScenes.ContradictedClasses,
        },
        insideSegments = new
        {
            noise.InSegments.Segments,
            noise.InSegments.MajorityShare,
            purity = noise.InSegments.Ceiling.OverallAccuracy,
            ceilingMIoU = noise.InSegments.Ceiling.MeanIou,
        },
        classes = noise.Classes.Names.Select((name, c) => ClassEntry(name, c)),
    }, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true });

    private string ClassTable()
    {
        ClassVisibility all = noise.Visibility.All;
        double?[] iou = noise.Raw.Pooled.Iou;
        var table = new MarkdownTable(["class", "points", "scenes", "mean views", .. ClassVisibility.Ranges.Select(range => $"in {range} views"),
            "IoU in views", "recall", "± scenes", "scenes differ", "most frequent label (scenes)"]);
        for (int c = 0; c < noise.Classes.Count; c++)
        {
            ClassDifference between = noise.AcrossScenes.Classes[c];
            table.Add([.. Seen(noise.Classes.Names[c], noise.Visibility.Classes[c]), MetricsTable.Percent(iou[c]), MetricsTable.Percent(between.MeanRecall),
                MetricsTable.Percent(between.RecallDeviation), MetricsTable.Percent(between.Contradiction),
                string.Join(", ", between.Majorities.Take(3).Select(majority => $"{NameOf(majority.Label) ?? "no class"} ({majority.Scenes})"))]);
        }
        SceneDifference scenes = noise.AcrossScenes;
        table.Add([.. Seen("all", all), MetricsTable.Percent(noise.Raw.Pooled.MeanIou), MetricsTable.Percent(scenes.Classes.Average(c => c.MeanRecall)),
            MetricsTable.Percent(scenes.RecallDeviation), MetricsTable.Percent(scenes.Contradiction), ""]);
        return table.ToString();

        IEnumerable<string> Seen(string name, ClassVisibility seen) =>
            [name, MetricsTable.Percent((double)seen.Points / Math.Max(1, all.Points)), seen.Scenes.ToString(CultureInfo.InvariantCulture),
                seen.MeanViews?.ToString("0.0", CultureInfo.InvariantCulture) ?? "-", .. ClassVisibility.Ranges.Select((_, r) => MetricsTable.Percent(seen.ByViews?[r]))];
    }

    private object ClassEntry(string name, int c)
    {
        ClassVisibility seen = noise.Visibility.Classes[c];
        ClassDifference between = noise.AcrossScenes.Classes[c];
        return new
        {
            name,
            seen.Points,
            scenesPresent = seen.Scenes,
            seen.MeanViews,
            pointsByViews = seen.ByViews is null ? null : ClassVisibility.Ranges.Zip(seen.ByViews).ToDictionary(pair => pair.First, pair => pair.Second),
            rawIou = noise.Raw.Pooled.Iou[c],
            refinedIou = noise.Refined.Pooled.Iou[c],
            segmentCeilingIou = noise.InSegments.Ceiling.Iou[c],
            scenesMeasured = between.Scenes,
            between.MeanRecall,
            between.RecallDeviation,
            between.Contradiction,
            between.ConfusionDistance,
            mostFrequentLabels = between.Majorities.Select(majority => new { label = NameOf(majority.Label), scenes = majority.Scenes }),
        };
    }

    /// <summary>Null for no class of the ground truth.</summary>
    private string? NameOf(byte label) => label == ClassList.None ? null : noise.Classes.Names[label];

    private static object Of(ViewNoise views) => new
    {
        views.Views,
        labels = views.Pooled.Points,
        mIoU = views.Pooled.MeanIou,
        accuracy = views.Pooled.OverallAccuracy,
        meanViewAccuracy = views.MeanAccuracy,
        viewAccuracyDeviation = views.AccuracyDeviation,
        meanViewMIoU = views.MeanViewIou,
    };
}
