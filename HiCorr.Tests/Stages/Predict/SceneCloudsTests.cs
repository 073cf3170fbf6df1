using System.Text.Json;
using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Predict;

namespace HiCorr.Tests.Stages.Predict;

public sealed class SceneCloudsTests : IDisposable
{
    private static readonly ClassList s_run = new("run", ["floor", "plant"]), s_truth = new("truth", ["wall", "floor", "chair"]);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_label_can_be_named_from_the_list_beside_it()
    {
        Write(s_truth);

        Assert.Equal(["floor", "plant", "plant"], Names("prediction", "classes.json"));
        Assert.Equal(["wall", "floor", "chair"], Names("ground-truth", "ground-truth.classes.json"));
    }

    [Fact]
    public void Ground_truth_of_the_run_s_own_classes_needs_no_list_of_its_own()
    {
        Write(new ClassList("the same", ["floor", "plant"]));

        Assert.False(File.Exists(_folder.PathOf("ground-truth.classes.json")));
    }

    [Fact]
    public void Colour_of_a_class_is_the_same_in_prediction_and_ground_truth()
    {
        Write(s_truth);

        Assert.Equal(PlyReader.ReadCloud(_folder.PathOf("s.prediction.ply")).Colors[..3], PlyReader.ReadCloud(_folder.PathOf("s.ground-truth.ply")).Colors[3..6]);
    }

    [Fact]
    public void Input_of_a_cloud_without_faces_holds_the_normals_that_a_network_may_go_by()
    {
        Write(s_truth);

        Assert.Equal([0, 0, 1, 0, 0, 1, 0, 0, 1], PlyReader.ReadCloud(_folder.PathOf("s.input.ply")).Normals);
    }

    private void Write(ClassList truthClasses)
    {
        var scene = new Scene
        {
            Name = "s",
            Cloud = new PointCloud { Positions = [0, 0, 0, 1, 0, 0, 0, 1, 0], Colors = new byte[9], Normals = [0, 0, 1, 0, 0, 1, 0, 0, 1] },
            Frames = [],
            GroundTruth = [0, 1, (byte)(truthClasses.Count - 1)],
        };
        SceneClouds.Write(_folder.Root, scene, new Prediction([0, 1, 1], [1, 1, 1]), null, s_run, truthClasses);
    }

    private string[] Names(string cloud, string list)
    {
        string[] names = JsonSerializer.Deserialize<string[]>(File.ReadAllText(_folder.PathOf(list)))!;
        return [.. PlyReader.Read(_folder.PathOf($"s.{cloud}.ply")).Require("label").ToInts().Select(label => names[label])];
    }
}
