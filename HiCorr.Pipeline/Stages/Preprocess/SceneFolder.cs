using System.Text.Json;
using HiCorr.Pipeline.Formats;
using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages.Preprocess;

/// <summary>
/// A scene as a stage result: <c>positions.npy</c> (N,3), <c>colors.npy</c> (N,3), <c>normals.npy</c> (N,3), <c>faces.npy</c> (F,3),
/// <c>labels.npy</c> (N) and <c>segments.npy</c> (N) where the data set has them, and <c>scene.json</c> with the up vector and the
/// frames. Images stay in their original files and are read when asked for.
/// </summary>
public static class SceneFolder
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    public static void Save(StageResult result, Scene scene)
    {
        PointCloud cloud = scene.Cloud;
        NpyWriter.Write<float>(result.PathOf("positions.npy"), cloud.Positions, cloud.Count, 3);
        NpyWriter.Write<byte>(result.PathOf("colors.npy"), cloud.Colors, cloud.Count, 3);
        NpyWriter.Write<float>(result.PathOf("normals.npy"), cloud.Normals, cloud.Count, 3);
        NpyWriter.Write<int>(result.PathOf("faces.npy"), cloud.Faces, cloud.Faces.Length / 3, 3);
        if (scene.GroundTruth is { } labels) NpyWriter.Write<byte>(result.PathOf("labels.npy"), labels);
        if (scene.ShippedSegments is { } segments) NpyWriter.Write<int>(result.PathOf("segments.npy"), segments);
        var description = new SceneDescription(scene.Name, [scene.Up.X, scene.Up.Y, scene.Up.Z], scene.GroundTruth is not null, scene.ShippedSegments is not null,
            [.. scene.Frames.Select(FrameDescription.Of)]);
        AtomicFile.WriteText(result.PathOf("scene.json"), JsonSerializer.Serialize(description, Json));
    }

    /// <exception cref="ArtefactException">The result is damaged; deleting its folder makes the stage run again.</exception>
    /// <exception cref="InputException">The recording's own files are gone or damaged.</exception>
    public static Scene Load(StageResult result)
    {
        SceneDescription description;
        PointCloud cloud;
        byte[]? labels = null;
        int[]? segments = null;
        try
        {
            description = LoadDescription(result);
            cloud = LoadCloud(result);
            if (description.HasLabels) labels = NpyReader.Read<byte>(result.PathOf("labels.npy"), cloud.Count).Data;
            if (description.HasSegments) segments = NpyReader.Read<int>(result.PathOf("segments.npy"), cloud.Count).Data;
        }
        catch (InputException e)
        {
            throw Damaged(result, e);
        }
        return new Scene
        {
            Name = description.Name,
            Cloud = cloud,
            Frames = FrameDescription.Open(description.Frames),
            GroundTruth = labels,
            ShippedSegments = segments,
            Up = (description.Up[0], description.Up[1], description.Up[2]),
        };
    }

    /// <summary>The frames alone, for stages that need no points.</summary>
    /// <inheritdoc cref="Load"/>
    public static IReadOnlyList<Frame> LoadFrames(StageResult result)
    {
        SceneDescription description;
        try
        {
            description = LoadDescription(result);
        }
        catch (InputException e)
        {
            throw Damaged(result, e);
        }
        return FrameDescription.Open(description.Frames);
    }

    /// <summary>The ground truth alone, class index per point; null where the data set has none.</summary>
    /// <inheritdoc cref="LoadFrames"/>
    public static byte[]? LoadGroundTruth(StageResult result)
    {
        try
        {
            return LoadDescription(result).HasLabels ? NpyReader.Read<byte>(result.PathOf("labels.npy"), NpyReader.ReadHeader(result.PathOf("positions.npy")).Shape[0]).Data : null;
        }
        catch (InputException e)
        {
            throw Damaged(result, e);
        }
    }

    /// <summary>Whether a complete result holds ground truth, without reading its points.</summary>
    /// <inheritdoc cref="LoadFrames"/>
    public static bool HasGroundTruth(StageResult result)
    {
        try
        {
            return LoadDescription(result).HasLabels;
        }
        catch (InputException e)
        {
            throw Damaged(result, e);
        }
    }

    private static SceneDescription LoadDescription(StageResult result)
    {
        string path = result.PathOf("scene.json");
        SceneDescription description = JsonInput.Parse(path, () => JsonSerializer.Deserialize<SceneDescription>(InputFile.ReadBytes(path), Json)) ?? throw new InputException(path, null, "a scene", "null");
        return description.Up.Length == 3 ? description : throw new InputException(path, "up", "3 numbers", $"{description.Up.Length}");
    }

    private static ArtefactException Damaged(StageResult result, InputException error) =>
        new(result.Folder, null, "a complete stage result", error.Message, "Delete this folder and run the stage again", error);

    private static PointCloud LoadCloud(StageResult result)
    {
        float[] positions = NpyReader.Read<float>(result.PathOf("positions.npy"), -1, 3).Data;
        return new PointCloud
        {
            Source = result.Folder,
            Positions = positions,
            Colors = NpyReader.Read<byte>(result.PathOf("colors.npy"), positions.Length / 3, 3).Data,
            Normals = NpyReader.Read<float>(result.PathOf("normals.npy"), positions.Length / 3, 3).Data,
            Faces = NpyReader.Read<int>(result.PathOf("faces.npy"), -1, 3).Data,
        };
    }

    private sealed record SceneDescription(string Name, float[] Up, bool HasLabels, bool HasSegments, IReadOnlyList<FrameDescription> Frames);
}
