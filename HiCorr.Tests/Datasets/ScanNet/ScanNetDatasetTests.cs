using HiCorr.Pipeline.Datasets.ScanNet;
using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Formats.Sens;
using HiCorr.Pipeline.Scenes;
using HiCorr.Tests.Formats.Sens;

namespace HiCorr.Tests.Datasets.ScanNet;

public sealed class ScanNetDatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ScanNetDatasetTests() => WriteMesh("scene0000_00");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Maps_nyu40_ids_to_the_20_classes_in_the_benchmark_s_order()
    {
        Assert.Equal(20, ScanNetClasses.List.Count);
        Assert.Equal(("wall", 0), (ScanNetClasses.List.Names[0], ScanNetClasses.FromNyu(1)));
        Assert.Equal(("desk", 12), (ScanNetClasses.List.Names[12], ScanNetClasses.FromNyu(14)));
        Assert.Equal(("other furniture", 19), (ScanNetClasses.List.Names[19], ScanNetClasses.FromNyu(39)));
        Assert.Equal(20, Enumerable.Range(-1, 400).Count(id => ScanNetClasses.FromNyu(id) != ClassList.None));
        Assert.Equal(ClassList.None, ScanNetClasses.FromNyu(0));
        Assert.Equal(ClassList.None, ScanNetClasses.FromNyu(13));
    }

    [Fact]
    public void Reads_labels_from_the_label_mesh()
    {
        PlyWriter.Write(Beside("_vh_clean_2.labels.ply"), new PlyContent { Positions = new float[15], WideLabels = [1, 39, 0, 13, 5] });
        Assert.Equal<byte>([0, 19, 255, 255, 4], Open().Read("scene0000_00").GroundTruth!);
    }

    [Fact]
    public void Reads_labels_from_segments_aggregation_and_mapping_when_there_is_no_label_mesh()
    {
        WriteAnnotation("office chair");
        Scene scene = Open().Read("scene0000_00");
        // Segment 9 is in both groups: the later one counts.
        Assert.Equal<byte>([4, 4, 1, 255, 1], scene.GroundTruth!);
        Assert.Equal([7, 7, 9, 8, 9], scene.ShippedSegments!);
    }

    [Fact]
    public void Names_the_label_that_the_mapping_lacks()
    {
        WriteAnnotation("throne");
        Assert.Contains("'throne'", Assert.Throws<InputException>(() => Open().Read("scene0000_00")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Leaves_labels_and_segments_out_when_the_scene_ships_none()
    {
        Scene scene = Open().Read("scene0000_00");
        Assert.Null(scene.GroundTruth);
        Assert.Null(scene.ShippedSegments);
        Assert.Equal((0, 0, 1), scene.Up);
    }

    [Fact]
    public void Refuses_labels_and_segments_of_another_mesh()
    {
        File.WriteAllText(Beside("_vh_clean_2.0.010000.segs.json"), """{"segIndices":[1,2]}""");
        Assert.Contains("expected 5 ids, one per vertex of the mesh, found 2", Assert.Throws<InputException>(() => Open().Read("scene0000_00")).Message, StringComparison.Ordinal);
        File.Delete(Beside("_vh_clean_2.0.010000.segs.json"));
        PlyWriter.Write(Beside("_vh_clean_2.labels.ply"), new PlyContent { Positions = new float[3], WideLabels = [1] });
        Assert.Contains("expected 5 vertices, as the mesh has, found 1", Assert.Throws<InputException>(() => Open().Read("scene0000_00")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_frames_of_the_25k_package_with_images_of_different_sizes()
    {
        BoxRecording.Write(_folder.PathOf("scannet_frames_25k", "scene0000_00"), frames: 4, colorScale: 2);
        Scene scene = Open().Read("scene0000_00");
        Assert.Equal(["000000", "000100", "000200", "000300"], scene.Frames.Select(f => f.Id));
        ColorImage color = scene.Frames[1].Images.ReadColor();
        DepthImage depth = scene.Frames[1].Images.ReadDepth();
        Assert.Equal((160, 120, 80, 60), (color.Width, color.Height, depth.Width, depth.Height));
        Assert.Equal((140, 70), (scene.Frames[1].Color.Fx, scene.Frames[1].Depth.Fx));
        Assert.Equal(BoxRecording.PoseOf(1, 4).Tx, scene.Frames[1].CameraToWorld.Tx, 1e-12);
    }

    [Fact]
    public void Reads_frames_of_the_sens_file_when_there_is_no_package()
    {
        SensTests.WriteExample(Beside(".sens"), SensColor.Jpeg, SensDepth.Zlib);
        Scene scene = new ScanNetDataset(_folder.Root, frameStride: 2).Read("scene0000_00");
        Assert.Equal(["000000", "000002"], scene.Frames.Select(f => f.Id));
        Assert.Equal(SensTests.Frame(2).Depth.Millimetres, scene.Frames[1].Images.ReadDepth().Millimetres);
        Assert.Equal(2, scene.Frames[1].CameraToWorld.Tx);
    }

    [Fact]
    public void Takes_splits_from_the_root_and_all_scenes_without_split_files()
    {
        WriteMesh("scene0001_00");
        Assert.Equal(["scene0000_00", "scene0001_00"], Open().Scenes("train"));
        File.WriteAllText(_folder.PathOf("scannetv2_train.txt"), "scene0001_00\nscene0700_00\n");
        File.WriteAllText(_folder.PathOf("scannetv2_val.txt"), "scene0700_00\r\nscene0000_00");
        Assert.Equal(["scene0001_00"], Open().Scenes("train"));
        Assert.Equal(["scene0000_00"], Open().Scenes("val"));
        Assert.Equal(["scene0000_00", "scene0001_00"], Open().Scenes("all"));
        Assert.Throws<ConfigurationException>(() => Open().Scenes("vall"));
        Assert.Throws<InputException>(() => Open().Scenes("test"));
    }

    [Fact]
    public void Says_what_the_root_must_hold()
    {
        Assert.Contains("SCENE_vh_clean_2.ply", Assert.Throws<InputException>(() =>
        {
            Directory.CreateDirectory(_folder.PathOf("empty", "scans"));
            new ScanNetDataset(_folder.PathOf("empty")).Scenes("all");
        }).Message, StringComparison.Ordinal);
        Assert.Contains("--root names the folder that holds scans/", Assert.Throws<InputException>(() => new ScanNetDataset(_folder.PathOf("scans")).Scenes("all")).Message, StringComparison.Ordinal);
    }

    private ScanNetDataset Open() => new(_folder.Root);

    private string Beside(string ending) => _folder.PathOf("scans", "scene0000_00", "scene0000_00" + ending);

    private void WriteMesh(string scene) => PlyWriter.Write(_folder.PathOf("scans", scene, scene + "_vh_clean_2.ply"), new PlyContent
    {
        Positions = [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1],
        Colors = new byte[15],
        Faces = [0, 1, 2, 1, 3, 4],
    });

    private void WriteAnnotation(string firstLabel)
    {
        File.WriteAllText(Beside("_vh_clean_2.0.010000.segs.json"), """{"params":{},"sceneId":"scene0000_00","segIndices":[7,7,9,8,9]}""");
        File.WriteAllText(Beside("_vh_clean.aggregation.json"),
            $$"""{"sceneId":"scene0000_00","segGroups":[{"id":0,"segments":[7,9],"label":"{{firstLabel}}"},{"id":1,"segments":[9],"label":"floor"}]}""");
        File.WriteAllText(_folder.PathOf("scannetv2-labels.combined.tsv"), "id\traw_category\tcategory\tcount\tnyu40id\n1\toffice chair\tchair\t9\t5\n2\tfloor\tfloor\t3\t2\n");
    }
}
