using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Datasets.Rgbd;
using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Formats.Png;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Datasets.Rgbd;

public sealed class RgbdDatasetTests : IDisposable
{
    private static readonly RgbdConfiguration Options = new() { Up = "auto", FusionVoxel = 0.05, FusionMinObservations = 2 };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Fuses_a_box_to_points_on_its_faces_with_inward_normals_and_their_colours()
    {
        BoxRecording.Write(_folder.Root, frames: 24);
        PointCloud cloud = Read().Cloud;
        Assert.InRange(cloud.Count, 5000, 40000);
        int wrongColors = 0, bentNormals = 0, offFaces = 0;
        for (int i = 0; i < cloud.Count; i++)
        {
            float[] p = cloud.Positions[(3 * i)..(3 * i + 3)];
            (int face, double distance) = BoxRecording.Nearest(p[0], p[1], p[2]);
            // Half a voxel at the box's edges, where two faces share voxels.
            Assert.InRange(distance, 0, 0.03);
            if (distance > 0.002) offFaces++;
            double inward = cloud.Normals[3 * i + face / 2] * (face % 2 == 0 ? 1 : -1);
            if (inward < 0.95) bentNormals++;
            for (int c = 0; c < 3; c++)
            {
                if (Math.Abs(cloud.Colors[3 * i + c] - BoxRecording.Colors[face][c]) <= 25) continue;
                wrongColors++;
                break;
            }
        }
        // Voxels on the box's edges mix two faces.
        Assert.InRange(offFaces, 0, cloud.Count / 20);
        Assert.InRange(bentNormals, 0, cloud.Count / 20);
        Assert.InRange(wrongColors, 0, cloud.Count / 12);
    }

    [Fact]
    public void Fuses_the_same_bits_with_one_thread_and_with_many()
    {
        BoxRecording.Write(_folder.Root);
        IReadOnlyList<Frame> frames = Read().Frames;
        PointCloud one = new DepthFusion(0.05, 2, threads: 1).Fuse(frames, "box"), many = new DepthFusion(0.05, 2, threads: 8).Fuse(frames, "box");
        Assert.Equal(many.Positions, one.Positions);
        Assert.Equal(many.Normals, one.Normals);
        Assert.Equal(many.Colors, one.Colors);
    }

    [Fact]
    public void Drops_flying_pixels()
    {
        BoxRecording.Write(_folder.Root);
        string path = _folder.PathOf("depth", "000300.png");
        DepthImage depth = PngReader.ReadGray16(path);
        for (int i = 1000; i < 1200; i += 7) depth.Millimetres[i] /= 2;
        PngWriter.WriteGray16(path, depth);
        PointCloud cloud = Read().Cloud;
        for (int i = 0; i < cloud.Count; i++)
            Assert.InRange(BoxRecording.Nearest(cloud.Positions[3 * i], cloud.Positions[3 * i + 1], cloud.Positions[3 * i + 2]).Distance, 0, 0.03);
    }

    [Fact]
    public void Finds_the_up_axis_from_the_cameras_and_takes_the_user_s_word()
    {
        BoxRecording.Write(_folder.Root, frames: 6);
        Assert.Equal((0, 0, 1), Read().Up);
        Assert.Equal((0, -1, 0), new RgbdDataset(_folder.Root, Options with { Up = "-y" }).Read("any").Up);
    }

    [Fact]
    public void Takes_the_mesh_beside_the_frames_and_estimates_missing_normals()
    {
        BoxRecording.Write(_folder.Root, frames: 6);
        float[] floor = new float[400 * 3];
        for (int i = 0; i < 400; i++) (floor[3 * i], floor[3 * i + 1], floor[3 * i + 2]) = (i % 20 * 0.05f - 0.5f, i / 20 * 0.05f - 0.5f, -1.25f);
        PlyWriter.Write(_folder.PathOf("cloud.ply"), new PlyContent { Positions = floor });
        PointCloud cloud = Read().Cloud;
        Assert.Equal(floor, cloud.Positions);
        for (int i = 0; i < 400; i++) Assert.Equal(1, cloud.Normals[3 * i + 2], 1e-4);
    }

    [Fact]
    public void Reads_a_folder_of_recordings_as_several_scenes()
    {
        BoxRecording.Write(_folder.PathOf("b"), frames: 2);
        BoxRecording.Write(_folder.PathOf("a"), frames: 2);
        Directory.CreateDirectory(_folder.PathOf("notes"));
        Assert.Equal(["a", "b"], new RgbdDataset(_folder.Root, Options).Scenes("train"));
        Assert.Equal("b", new RgbdDataset(_folder.Root, Options).Read("b").Name);
    }

    [Fact]
    public void Takes_every_nth_frame()
    {
        BoxRecording.Write(_folder.Root, frames: 7);
        Assert.Equal(["000000", "000300", "000600"], new RgbdDataset(_folder.Root, Options, frameStride: 3).Read("x").Frames.Select(f => f.Id));
    }

    [Theory]
    [InlineData("nan")]
    [InlineData("-inf")]
    [InlineData("inf")]
    public void Leaves_out_frames_whose_pose_is_not_finite(string word)
    {
        BoxRecording.Write(_folder.Root, frames: 5);
        File.WriteAllText(_folder.PathOf("pose", "000200.txt"), string.Join(' ', Enumerable.Repeat(word, 16)));
        Assert.Equal(["000000", "000100", "000300", "000400"], Read().Frames.Select(f => f.Id));
    }

    [Theory]
    [InlineData("pose/000100.txt", null, "000100.txt: expected the pose of 000100.jpg, found no such file")]
    [InlineData("pose/000100.txt", "1 0 0 0 0 1 0 0 0 0 1 0", "000100.txt: expected a 4x4 matrix of 16 numbers, found 12 words")]
    [InlineData("pose/000100.txt", "1 0 0 0 0 1 0 0 0 0 1 zero 0 0 0 1", "row 3, column 4: expected a number, found 'zero'")]
    [InlineData("pose/000100.txt", "2 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1", "expected a rotation")]
    [InlineData("pose/000100.txt", "1 0 0 0 0 1 0 0 0 0 -1 0 0 0 0 1", "found a reflection")]
    [InlineData("pose/000100.txt", "1 0 0 0 0 1 0 0 0 0 1 0 5 6 7 1", "row 4: expected 0 0 0 1, found 5 6 7 1")]
    [InlineData("depth/000100.png", null, "000100.png: expected the depth image of 000100.jpg, found no such file")]
    [InlineData("depth/000100.png", "no image", "000100.png, offset 0: expected the signature of a PNG image")]
    [InlineData("color/000100.jpg", "no image", "000100.jpg, offset 0: expected a JPEG or PNG image")]
    [InlineData("intrinsics_depth.txt", null, "intrinsics_depth.txt: expected a file")]
    [InlineData("intrinsics_color.txt", "0 0 0 0 0 0 0 0 0 0 1 0 0 0 0 1", "intrinsics_color.txt, focal lengths")]
    [InlineData("intrinsics_depth.txt", "500 0 320 0 0 500 240 0 0 0 1 0 0 0 0 1", "expected a point inside the image of 80 x 60 pixels, found (320, 240)")]
    public void Names_the_file_that_is_missing_or_wrong(string file, string? content, string message)
    {
        BoxRecording.Write(_folder.Root, frames: 3);
        string path = _folder.PathOf(file);
        File.Delete(path);
        if (content is not null) File.WriteAllText(path, content);
        Assert.Contains(message, Assert.ThrowsAny<InputException>(() => ReadUnwrapped()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("color/000100.jpg", "color/000100.png")]
    [InlineData("depth/000100.png", "depth/000100.PNG")]
    public void Refuses_two_images_of_one_frame(string image, string other)
    {
        BoxRecording.Write(_folder.Root, frames: 3);
        File.Copy(_folder.PathOf(image), _folder.PathOf(other));
        Assert.Contains("expected one image of each name", Assert.Throws<InputException>(() => Read()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_that_no_frame_has_a_pose_rather_than_that_depth_is_missing()
    {
        BoxRecording.Write(_folder.Root, frames: 2);
        foreach (string pose in Directory.GetFiles(_folder.PathOf("pose"))) File.WriteAllText(pose, string.Join(' ', Enumerable.Repeat("nan", 16)));
        Assert.Contains("expected at least one finite pose, found none", Assert.Throws<InputException>(() => Read()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Knows_the_names_of_splits_though_it_has_none()
    {
        BoxRecording.Write(_folder.Root, frames: 1);
        Assert.Contains("Did you mean 'val'?", Assert.Throws<ConfigurationException>(() => new RgbdDataset(_folder.Root, Options).Scenes("vall")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_the_depth_image_of_another_size_than_its_siblings()
    {
        BoxRecording.Write(_folder.Root, frames: 3);
        string path = _folder.PathOf("depth", "000200.png");
        PngWriter.WriteGray16(path, new DepthImage(40, 30, new ushort[1200]));
        Assert.Equal($"{path}: expected 80 x 60 pixels, as the other depth images have, found 40 x 30", Assert.Throws<InputException>(() => Read()).Message);
    }

    [Fact]
    public void Says_what_a_recording_is_when_the_folder_holds_none()
    {
        Assert.Contains("color/, depth/, pose/", Assert.Throws<InputException>(() => new RgbdDataset(_folder.Root, Options).Scenes("all")).Message, StringComparison.Ordinal);
        Assert.Contains("no such folder", Assert.Throws<InputException>(() => new RgbdDataset(_folder.PathOf("absent"), Options).Scenes("all")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fuses_the_real_kitchen_with_its_floor_flat_at_the_height_it_is_known_to_have()
    {
        string root = SharedFolder.Require("real", "hololens-kitchen");
        Scene scene = new RgbdDataset(root, new RgbdConfiguration { Up = "auto", FusionVoxel = 0.05, FusionMinObservations = 3 }, frameStride: 4).Read("hololens-kitchen");
        Assert.Equal((0, 1, 0), scene.Up);
        Assert.InRange(scene.Cloud.Count, 20_000, 200_000);
        int floor = 0, upwards = 0, below = 0;
        for (int i = 0; i < scene.Cloud.Count; i++)
        {
            float y = scene.Cloud.Positions[3 * i + 1];
            if (y < -1.75f) below++;
            if (Math.Abs(y + 1.54f) > 0.06f) continue;
            floor++;
            if (scene.Cloud.Normals[3 * i + 1] > 0.9f) upwards++;
        }
        Assert.True(floor > scene.Cloud.Count / 10, $"{floor} of {scene.Cloud.Count} points lie on the floor");
        Assert.True(upwards > 0.9 * floor, $"{upwards} of {floor} floor points look up");
        Assert.True(below < scene.Cloud.Count / 200, $"{below} of {scene.Cloud.Count} points lie under the floor");
    }

    private Scene Read() => new RgbdDataset(_folder.Root, Options).Read("scene");

    private void ReadUnwrapped()
    {
        try
        {
            Read();
        }
        catch (AggregateException e)
        {
            throw e.InnerException!;
        }
    }
}
