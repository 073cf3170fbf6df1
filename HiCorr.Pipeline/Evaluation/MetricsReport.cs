using System.Text.Json;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.ConfusionMatrix;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Evaluation;

/// <summary>One or more systems measured on the same points of the same split.</summary>
/// <param name="classes">The ground truth's classes.</param>
/// <param name="split">What the scenes are called.</param>
/// <param name="absentCountsAsOne">CLIP2Scene's rule for a class in neither ground truth nor prediction.</param>
/// <param name="mapping">From the run's classes to the ground truth's, where they differ: what one side does not know is named.</param>
public sealed class MetricsReport(ClassList classes, string split, bool absentCountsAsOne, ClassMapping? mapping = null)
{
    private const int SchemaVersion = 1;
    private readonly List<(string Name, ConfusionMatrix Matrix)> _systems = [];

    public ClassList Classes { get; } = classes;

    /// <summary>Classes of the ground truth that no label of the run can become: their points are wrong, their IoU is 0.</summary>
    public IReadOnlyList<string> UnknownClasses { get; } = mapping?.Missing ?? [];

    /// <summary>Classes of the run that are not in the ground truth: their labels count as no label.</summary>
    public IReadOnlyList<string> ForeignClasses { get; } = mapping?.Dropped ?? [];

    /// <summary>Scenes whose points were counted.</summary>
    public int Scenes { get; private set; }

    public IEnumerable<(string Name, SegmentationMetrics Metrics)> Systems =>
        _systems.Select(system => (system.Name, SegmentationMetrics.Compute(system.Matrix, Classes, absentCountsAsOne)));

    /// <summary>Counts one scene's points for every system.</summary>
    /// <param name="truth">Class index per point, <see cref="ClassList.None"/> = unlabelled.</param>
    /// <param name="predictions">Prediction per system, its class indices those of <see cref="Classes"/>; the same systems for every scene.</param>
    public void AddScene(byte[] truth, params ReadOnlySpan<(string System, byte[] Labels)> predictions)
    {
        foreach ((string name, byte[] labels) in predictions)
        {
            int index = _systems.FindIndex(system => system.Name == name);
            if (index < 0)
            {
                if (Scenes > 0) throw new ArgumentException($"'{name}' was not measured on the scenes before.", nameof(predictions));
                index = _systems.Count;
                _systems.Add((name, new ConfusionMatrix(Classes.Count)));
            }
            _systems[index].Matrix.Add(CpuDevice.Default, truth, labels);
        }
        if (predictions.Length != _systems.Count) throw new ArgumentException("A system is missing.", nameof(predictions));
        Scenes++;
    }

    /// <summary>
    /// The document <c>metrics.json</c>; shares from 0 to 1, null for a class in neither ground truth nor prediction; <c>unknownClasses</c> are
    /// those of <see cref="UnknownClasses"/>, <c>foreignClasses</c> those of <see cref="ForeignClasses"/>.
    /// </summary>
    public string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", SchemaVersion);
            json.WriteString("split", split);
            json.WriteNumber("scenes", Scenes);
            json.WriteString("classList", Classes.Name);
            json.WriteBoolean("absentClassesCountAsOne", absentCountsAsOne);
            Write(json, "unknownClasses", UnknownClasses);
            Write(json, "foreignClasses", ForeignClasses);
            json.WriteStartArray("systems");
            foreach ((string name, ConfusionMatrix matrix) in _systems) Write(json, name, matrix);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    public void Save(string path) => AtomicFile.WriteText(path, ToJson());

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private void Write(Utf8JsonWriter json, string name, ConfusionMatrix matrix)
    {
        SegmentationMetrics metrics = SegmentationMetrics.Compute(matrix, Classes, absentCountsAsOne);
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteNumber("points", metrics.Points);
        json.WriteNumber("mIoU", metrics.MeanIou);
        json.WriteNumber("foregroundMIoU", metrics.ForegroundMeanIou);
        json.WriteNumber("overallAccuracy", metrics.OverallAccuracy);
        json.WriteNumber("meanAccuracy", metrics.MeanAccuracy);
        json.WriteNumber("coverage", metrics.Coverage);
        json.WriteStartArray("classes");
        for (int c = 0; c < Classes.Count; c++)
        {
            json.WriteStartObject();
            json.WriteString("name", Classes.Names[c]);
            json.WriteBoolean("known", !UnknownClasses.Contains(Classes.Names[c]));
            if (metrics.Iou[c] is { } iou) json.WriteNumber("iou", iou);
            else json.WriteNull("iou");
            json.WriteNumber("truthPoints", matrix.TruthCount(c));
            json.WriteNumber("predictedPoints", matrix.PredictionCount(c));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
