using HiCorr.Native.Devices;
using HiCorr.Native.Ops.ConfusionMatrix;
using HiCorr.Pipeline.Evaluation;
using HiCorr.Pipeline.Evaluation.Noise;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Evaluation.Noise;

public sealed class SceneDifferenceTests
{
    [Fact]
    public void Compares_recall_and_confusion_of_a_class_between_scenes()
    {
        // Class 0: 60 % right, then 20 % right and mostly class 1, then 100 % right.
        SceneDifference difference = Of([(0, 0, 60), (0, 1, 40)], [(0, 0, 20), (0, 1, 80)], [(0, 0, 100)]);

        ClassDifference wall = difference.Classes[0];
        Assert.Equal(3, wall.Scenes);
        Assert.Equal(0.6, wall.MeanRecall!.Value, 12);
        Assert.Equal(Math.Sqrt((0 + 0.16 + 0.16) / 3), wall.RecallDeviation!.Value, 12);
        Assert.Equal([(0, 2), (1, 1)], wall.Majorities.Select(m => ((int)m.Label, m.Scenes)));
        Assert.Equal(2 / 3.0, wall.Contradiction!.Value, 12); // of three pairs of scenes one agrees
        Assert.Equal((0 + 0.4 + 0.4) / 3, wall.ConfusionDistance!.Value, 12); // the mean is 0.6, 0.4
        Assert.Equal(wall.RecallDeviation!.Value, difference.RecallDeviation, 12);
        Assert.Equal(1, difference.ContradictedClasses);
    }

    [Fact]
    public void Scenes_that_err_alike_do_not_contradict_each_other()
    {
        SceneDifference difference = Of([(1, 0, 150), (1, 1, 50)], [(1, 0, 300), (1, 1, 100)]);

        Assert.Equal(0.25, difference.Classes[1].MeanRecall!.Value, 12);
        Assert.Equal((0.0, 0.0, 0.0, 0.0), (difference.RecallDeviation, difference.ConfusionDistance, difference.Contradiction, difference.ContradictedClasses));
    }

    [Fact]
    public void A_scene_with_few_labels_of_a_class_says_nothing_of_it()
    {
        SceneDifference difference = Of([(0, 0, 100)], [(0, 1, 99)]);

        Assert.Equal(1, difference.Classes[0].Scenes);
        Assert.Equal(1, difference.Classes[0].MeanRecall);
        Assert.Null(difference.Classes[0].Contradiction);
        Assert.Null(difference.Classes[1].MeanRecall);
        Assert.Equal(0, difference.Contradiction);
    }

    [Fact]
    public void Labels_that_are_no_class_of_the_ground_truth_can_be_the_majority() =>
        Assert.Equal(ClassList.None, Assert.Single(Of([(0, ClassList.None, 60), (0, 0, 40)]).Classes[0].Majorities).Label);

    private static SceneDifference Of(params (byte Truth, byte Label, int Count)[][] scenes)
    {
        var difference = new SceneDifference(2);
        foreach ((byte Truth, byte Label, int Count)[] scene in scenes)
        {
            var matrix = new ConfusionMatrix(2);
            foreach ((byte truth, byte label, int count) in scene) matrix.Add(CpuDevice.Default, [.. Enumerable.Repeat(truth, count)], [.. Enumerable.Repeat(label, count)]);
            difference.AddScene(matrix);
        }
        return difference;
    }
}
