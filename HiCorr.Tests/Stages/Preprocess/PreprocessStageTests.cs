using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Datasets;
using HiCorr.Pipeline.Datasets.ScanNet;
using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Formats.Sens;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Stages.Preprocess;
using HiCorr.Pipeline.Storage;
using HiCorr.Tests.Datasets;
using HiCorr.Tests.Formats.Sens;

namespace HiCorr.Tests.Stages.Preprocess;

public sealed class PreprocessStageTests : IDisposable
{
    private const string Name = "scene0000_00";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Loads_the_scene_that_the_data_set_reads()
    {
        WriteScanNet();
        BoxRecording.Write(_folder.PathOf("scannet_frames_25k", Name), frames: 3);
        Scene expected = new ScanNetDataset(_folder.Root).Read(Name), loaded = SceneFolder.Load(Stage("scannet").Get(Name));

        Assert.Equal(expected.Cloud.Positions, loaded.Cloud.Positions);
        Assert.Equal(expected.Cloud.Colors, loaded.Cloud.Colors);
        Assert.Equal(expected.Cloud.Normals, loaded.Cloud.Normals);
        Assert.Equal(expected.Cloud.Faces, loaded.Cloud.Faces);
        Assert.Equal(expected.GroundTruth!, loaded.GroundTruth!);
        Assert.Equal(expected.ShippedSegments!, loaded.ShippedSegments!);
        Assert.Equal(expected.Up, loaded.Up);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal((expected.Frames[i].Id, expected.Frames[i].CameraToWorld), (loaded.Frames[i].Id, loaded.Frames[i].CameraToWorld));
            Assert.Equal((expected.Frames[i].Color, expected.Frames[i].Depth), (loaded.Frames[i].Color, loaded.Frames[i].Depth));
            Assert.Equal(expected.Frames[i].Images.ReadDepth().Millimetres, loaded.Frames[i].Images.ReadDepth().Millimetres);
            Assert.Equal(expected.Frames[i].Images.ReadColor().Pixels, loaded.Frames[i].Images.ReadColor().Pixels);
        }
    }

    [Fact]
    public void Loads_frames_of_a_sens_file()
    {
        WriteScanNet();
        SensTests.WriteExample(_folder.PathOf("scans", Name, Name + ".sens"), SensColor.Png, SensDepth.Zlib);
        Scene loaded = SceneFolder.Load(Stage("scannet").Get(Name));
        Assert.Equal(3, loaded.Frames.Count);
        Assert.Equal(SensTests.Frame(1).Depth.Millimetres, loaded.Frames[1].Images.ReadDepth().Millimetres);
        Assert.Equal(SensTests.Frame(1).Color.Pixels, loaded.Frames[1].Images.ReadColor().Pixels);
    }

    [Fact]
    public void Loads_a_fused_recording()
    {
        BoxRecording.Write(_folder.PathOf("box"), frames: 6);
        PreprocessStage stage = Stage("rgbd", _folder.PathOf("box"), ("rgbd.fusion_voxel", "0.05"), ("rgbd.fusion_min_observations", "1"));
        Scene loaded = SceneFolder.Load(stage.Get("box"));
        Assert.True(loaded.Cloud.Count > 1000);
        Assert.Empty(loaded.Cloud.Faces);
        Assert.Null(loaded.GroundTruth);
        Assert.True(stage.Locate("box").IsComplete);
    }

    [Fact]
    public void Has_another_key_when_a_source_file_or_an_option_changes()
    {
        BoxRecording.Write(_folder.PathOf("box"), frames: 2);
        string root = _folder.PathOf("box"), key = Stage("rgbd", root).Locate("box").Key;
        Assert.Equal(key, Stage("rgbd", root).Locate("box").Key);
        Assert.NotEqual(key, Stage("rgbd", root, ("rgbd.fusion_voxel", "0.05")).Locate("box").Key);
        Assert.NotEqual(key, Stage("rgbd", root, ("dataset.frame_stride", "2")).Locate("box").Key);
        File.AppendAllText(Path.Combine(root, "pose", "000100.txt"), "\n");
        Assert.NotEqual(key, Stage("rgbd", root).Locate("box").Key);
    }

    [Fact]
    public void Loads_the_ground_truth_alone_as_with_the_scene()
    {
        WriteScanNet();
        StageResult result = Stage("scannet").Get(Name);
        Assert.Equal(SceneFolder.Load(result).GroundTruth!, SceneFolder.LoadGroundTruth(result)!);
    }

    [Fact]
    public void Has_no_ground_truth_of_a_recording()
    {
        BoxRecording.Write(_folder.PathOf("box"), frames: 6);
        PreprocessStage stage = Stage("rgbd", _folder.PathOf("box"), ("rgbd.fusion_voxel", "0.05"), ("rgbd.fusion_min_observations", "1"));
        Assert.Null(SceneFolder.LoadGroundTruth(stage.Get("box")));
    }

    [Fact]
    public void Calls_ground_truth_of_another_number_of_points_an_artefact()
    {
        WriteScanNet();
        StageResult result = Stage("scannet").Get(Name);
        NpyWriter.Write<byte>(result.PathOf("labels.npy"), new byte[7]);
        Assert.Contains("Delete this folder", Assert.Throws<ArtefactException>(() => SceneFolder.LoadGroundTruth(result)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("normals.npy")]
    [InlineData("scene.json")]
    public void Calls_a_damaged_result_an_artefact_and_says_what_to_do(string file)
    {
        WriteScanNet();
        StageResult result = Stage("scannet").Get(Name);
        File.WriteAllBytes(result.PathOf(file), File.ReadAllBytes(result.PathOf(file))[..^5]);
        Assert.Contains("Delete this folder", Assert.Throws<ArtefactException>(() => SceneFolder.Load(result)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Leaves_no_complete_result_behind_when_the_folder_cannot_be_written()
    {
        WriteScanNet();
        // A file where the cache's folder should be: refused for every user, root too.
        File.WriteAllText(_folder.PathOf("cache"), "");
        PreprocessStage stage = Stage("scannet");
        Assert.ThrowsAny<IOException>(() => stage.Get(Name));
        Assert.False(stage.Locate(Name).IsComplete);
    }

    private PreprocessStage Stage(string layout, string? root = null, params (string, string)[] more)
    {
        Configuration configuration = ConfigurationLoader.Load(null, null, [("dataset.layout", layout), ("dataset.root", root ?? _folder.Root), .. more]);
        return new PreprocessStage(new StageCache(_folder.PathOf("cache")), configuration, DatasetFactory.Open(configuration));
    }

    private void WriteScanNet()
    {
        string Beside(string ending) => _folder.PathOf("scans", Name, Name + ending);
        var content = new PlyContent { Positions = [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1], Colors = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], Faces = [0, 1, 2] };
        PlyWriter.Write(Beside("_vh_clean_2.ply"), content);
        PlyWriter.Write(Beside("_vh_clean_2.labels.ply"), new PlyContent { Positions = content.Positions, WideLabels = [1, 2, 40, 5] });
        File.WriteAllText(Beside("_vh_clean_2.0.010000.segs.json"), """{"segIndices":[3,3,3,1]}""");
    }
}
