using HiCorr.Native.Random;
using HiCorr.Pipeline.Datasets.Rooms;
using HiCorr.Pipeline.Formats;
using HiCorr.Pipeline.Formats.Images;
using HiCorr.Pipeline.Formats.Ply;
using HiCorr.Pipeline.Formats.Png;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Networks;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Segmentation;
using HiCorr.Pipeline.Stages.Evaluate;
using HiCorr.Pipeline.Stages.Predict;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Benchmarks.Stages;

/// <summary>The rows of the table, in the order of the pipeline.</summary>
internal static class StageRows
{
    public static IEnumerable<StageRow> All(StageInputs inputs) =>
        [.. Synth(inputs), .. Labels(inputs.Room), .. Labels(inputs.Recording), .. Predictions(inputs), .. Segmentations(inputs), .. Images(inputs), .. Plys(inputs)];

    private static IEnumerable<StageRow> Synth(StageInputs inputs)
    {
        var scene = new Lazy<RoomScene>(inputs.BuildRoom);
        yield return new("synth, a room made", "image", () => inputs.RoomOptions.Frames, () => inputs.BuildRoom());
        yield return new("synth, a room written", "image", () => inputs.RoomOptions.Frames, () => SceneWriter.Write(inputs.PathOf("written"), scene.Value, sens: false, "key"));
    }

    private static IEnumerable<StageRow> Labels(BenchmarkScene scene)
    {
        double Frames() => scene.Scene.Frames.Count;
        yield return new($"preprocess, {scene.Title}", "frame", Frames, () => scene.Remake(scene.Pipeline.Preprocess));
        yield return new($"pseudo-label, {scene.Title}", "image", Frames, () => scene.Remake(scene.Pipeline.PseudoLabel));
        yield return new($"projection, {scene.Title}", "point and view", () => scene.Cloud.Count * Frames(), () =>
        {
            for (int f = 0; f < scene.Depths.Length; f++)
                FrameProjection.Project(scene.Cloud, scene.Scene.Frames[f], scene.Depths[f], scene.Depths[f].Width, scene.Depths[f].Height, scene.Pipeline.Configuration.Projection.Test);
        });
        yield return new($"refine, {scene.Title}", "frame", Frames, () => scene.Remake(scene.Pipeline.Refine));
        yield return new($"majority of views, {scene.Title}", "label", () => scene.Pairs.Count, () => ViewVote.Compute(scene.Pairs.Points, scene.Pairs.Raw, scene.Cloud.Count));
    }

    private static IEnumerable<StageRow> Predictions(StageInputs inputs)
    {
        BenchmarkScene room = inputs.Room;
        double Points() => room.Cloud.Count;
        var scores = new Lazy<VoxelScores>(() => inputs.Network.Score(room.Cloud, room.Scene.Up));
        var predicted = new Lazy<StageResult>(() => inputs.Predict.Get(room.Name));
        foreach (NetworkInputs channels in (NetworkInputs[])[NetworkInputs.Color, NetworkInputs.ColorAndShape])
            yield return new($"predict, voxels and {channels.Name()}", "point", Points,
                () => VoxelInput.Build(inputs.Network.Backbone.Device, [(room.Cloud, Upright.Rotation(room.Scene.Up))], inputs.Network.VoxelSize, channels).Dispose());
        yield return new("predict, scores to points", "point", Points, () => scores.Value.Best());
        yield return new("predict, clouds and picture", "point", Points, () =>
            SceneClouds.Write(inputs.PathOf("clouds"), room.Scene, PredictStage.Read(predicted.Value, room.Cloud.Count), room.Pairs, room.Pipeline.Classes.Classes, room.Pipeline.Dataset.Classes));
        yield return new("evaluate, three systems", "point", Points, () => Evaluator.Measure(room.Pipeline, [room.Name], "train", inputs.Predict, CancellationToken.None), () =>
        {
            // What it cannot do without: the bytes of the pairs, the ground truth and the prediction.
            foreach (string file in (string[])["points.npy", "raw.npy", "refined.npy"]) InputFile.ReadBytes(room.Pipeline.Refine.Get(room.Name).PathOf(file));
            InputFile.ReadBytes(room.Pipeline.Preprocess.Get(room.Name).PathOf("labels.npy"));
            InputFile.ReadBytes(predicted.Value.PathOf("labels.npy"));
        });
    }

    private static IEnumerable<StageRow> Segmentations(StageInputs inputs)
    {
        (PointCloud Mesh, PointCloud Cloud) Clouds() => (inputs.Room.Cloud, inputs.Recording.Cloud);
        yield return new("oversegment, mesh", "vertex", () => Clouds().Mesh.Count, () => SceneSegmentation.Segment(inputs.Room.Cloud, new SegmentationOptions()));
        yield return new("oversegment, cloud", "point", () => Clouds().Cloud.Count, () => SceneSegmentation.Segment(inputs.Recording.Cloud, new SegmentationOptions()));
    }

    private static IEnumerable<StageRow> Images(StageInputs inputs)
    {
        const int Columns = 34, Rows = 23, Width = 540, Height = 360, Classes = 20, Lanes = 24;
        float[] scores = new float[Rows * Columns * Lanes];
        new CounterRandom(1, "benchmark").FillUniform(scores, -3, 3);
        for (int cell = 0; cell < Rows * Columns; cell++) scores.AsSpan(cell * Lanes + Classes, Lanes - Classes).Fill(ClassScorer.Nothing);
        (BilinearAxis rows, BilinearAxis columns) = (BilinearAxis.Build(Height, (double)Rows / Height, 0, Rows), BilinearAxis.Build(Width, (double)Columns / Width, 0, Columns));
        yield return new("upsampling, 20 classes", "pixel", () => Width * Height, () => ScoreUpsampling.Label(scores, false, Columns, Lanes, Classes, rows, columns));

        double Pixels() => inputs.Recording.Depths[0].Millimetres.Length;
        IFrameImages Files() => inputs.Recording.Scene.Frames[0].Images;
        yield return new("colour image read", "pixel", Pixels, () => Files().ReadColor());
        yield return new("depth image read", "pixel", Pixels, () => Files().ReadDepth());
        yield return new("depth image written", "pixel", Pixels, () => PngWriter.WriteGray16(inputs.PathOf("depth.png"), inputs.Recording.Depths[0]));
    }

    private static IEnumerable<StageRow> Plys(StageInputs inputs)
    {
        foreach ((int side, string size) in ((int, string)[])[(1000, "58 MB"), (186, "2 MB")])
        {
            string path = inputs.PathOf($"{side}.ply"), copy = inputs.PathOf($"{side}.copy");
            var content = new Lazy<PlyContent>(() =>
            {
                (float[] positions, int[] faces) = BenchmarkData.Surface(side);
                int count = side * side;
                return new PlyContent { Positions = positions, Normals = new float[3 * count], Colors = new byte[3 * count], Labels = new byte[count], Confidence = new float[count], Faces = faces };
            });
            var bytes = new Lazy<byte[]>(() =>
            {
                PlyWriter.Write(path, content.Value);
                return File.ReadAllBytes(path);
            });
            double Length() => bytes.Value.Length;
            yield return new($"PLY out, {size}", "byte", Length, () => PlyWriter.Write(path, content.Value), () => AtomicFile.Write(copy, stream => stream.Write(bytes.Value)));
            yield return new($"PLY in, {size} in memory", "byte", Length, () => PlyReader.Parse(bytes.Value, path), () => bytes.Value.AsSpan().ToArray());
            yield return new($"PLY in, {size} with the file", "byte", Length, () => PlyReader.Read(path), () => InputFile.ReadBytes(path));
        }
    }
}
