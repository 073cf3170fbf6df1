using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages.Predict;

/// <summary>
/// MaskCLIP on points: the majority of the labels that the views give a point, as they are before any refinement. The confidence is the share of
/// views that agree; a point that no view labels stays without.
/// </summary>
internal sealed class ProjectedPrediction(StageCache cache, SceneStage preprocess, SceneStage refine) : PredictStage(cache, preprocess)
{
    public override IReadOnlyList<SceneStage> Upstream => [.. base.Upstream, refine];

    protected override void AddInputs(string scene, ContentKey key) => key.Add("source", "projected");

    protected override Prediction Predict(Scene scene)
    {
        int count = scene.Cloud.Count;
        LabelPairs pairs = LabelPairs.Load(refine.Locate(scene.Name), count);
        byte[] labels = ViewVote.Compute(pairs.Points, pairs.Raw, count).Labels;
        int[] views = new int[count], agreeing = new int[count];
        for (int i = 0; i < pairs.Count; i++)
        {
            int point = pairs.Points[i];
            views[point]++;
            if (pairs.Raw[i] == labels[point]) agreeing[point]++;
        }
        float[] confidence = new float[count];
        for (int p = 0; p < count; p++) confidence[p] = labels[p] == ClassList.None ? 0 : (float)agreeing[p] / views[p];
        return new Prediction(labels, confidence);
    }
}
