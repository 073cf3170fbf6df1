using System.Text.Json;
using HiCorr.Pipeline.Evaluation;
using HiCorr.Pipeline.Scenes;
using Spectre.Console;

namespace HiCorr.Tests.Evaluation;

public sealed class MetricsReportTests
{
    private static readonly ClassList s_classes = new("test", ["wall", "chair", "sink"]);

    [Fact]
    public void Writes_every_system_with_its_values()
    {
        using JsonDocument json = JsonDocument.Parse(Report().ToJson());
        JsonElement root = json.RootElement;
        Assert.Equal(1, root.GetProperty("schemaVersion").GetInt32());
        Assert.Equal(2, root.GetProperty("scenes").GetInt32());
        JsonElement network = root.GetProperty("systems")[1];
        Assert.Equal("trained 3D network", network.GetProperty("name").GetString());
        Assert.Equal(1.0, network.GetProperty("mIoU").GetDouble());
        Assert.Equal(4, network.GetProperty("points").GetInt64());
        Assert.Equal(JsonValueKind.Null, network.GetProperty("classes")[2].GetProperty("iou").ValueKind);
        Assert.Equal((1.0 / 3 + 1.0 / 2) / 2, root.GetProperty("systems")[0].GetProperty("mIoU").GetDouble(), 12);
    }

    [Fact]
    public void Shows_systems_side_by_side_in_percent()
    {
        string table = Table(Report());
        string[] lines = table.Split('\n');
        string chair = Assert.Single(lines, line => line.Contains("chair", StringComparison.Ordinal));
        Assert.Contains("50.0", chair, StringComparison.Ordinal);
        Assert.Contains("100.0", chair, StringComparison.Ordinal);
        Assert.Contains("left out of the mean", table, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_the_classes_that_only_one_side_knows()
    {
        var report = new MetricsReport(s_classes, "val", absentCountsAsOne: false, new ClassMapping(new ClassList("run", ["lamp", "wall"]), s_classes));
        report.AddScene([0, 1], ("projected labels", [0, ClassList.None]));

        using JsonDocument json = JsonDocument.Parse(report.ToJson());
        Assert.Equal(["chair", "sink"], json.RootElement.GetProperty("unknownClasses").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(["lamp"], json.RootElement.GetProperty("foreignClasses").EnumerateArray().Select(name => name.GetString()));
        JsonElement[] classes = [.. json.RootElement.GetProperty("systems")[0].GetProperty("classes").EnumerateArray()];
        Assert.Equal([true, false, false], classes.Select(c => c.GetProperty("known").GetBoolean()));
        Assert.Equal(0, classes[1].GetProperty("iou").GetDouble());

        string table = Table(report);
        Assert.Contains("chair *", table, StringComparison.Ordinal);
        Assert.DoesNotContain("wall *", table, StringComparison.Ordinal);
        Assert.Contains("*: not among the run's classes", table, StringComparison.Ordinal);
        Assert.Contains("count as none: lamp", table, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_nothing_of_unknown_classes_where_all_are_known() => Assert.DoesNotContain("*", Table(Report()), StringComparison.Ordinal);

    [Fact]
    public void Refuses_a_system_that_misses_a_scene()
    {
        MetricsReport report = Report();
        Assert.Throws<ArgumentException>(() => report.AddScene([0], ("MaskCLIP projected", [0])));
        Assert.Throws<ArgumentException>(() => report.AddScene([0], ("MaskCLIP projected", [0]), ("other", [0])));
    }

    private static string Table(MetricsReport report)
    {
        using var text = new StringWriter();
        MetricsTable.Write(AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) }), report);
        return text.ToString();
    }

    private static MetricsReport Report()
    {
        var report = new MetricsReport(s_classes, "val", absentCountsAsOne: false);
        report.AddScene([0, 1], ("MaskCLIP projected", [0, 1]), ("trained 3D network", [0, 1]));
        report.AddScene([0, 0], ("MaskCLIP projected", [ClassList.None, 1]), ("trained 3D network", [0, 0]));
        return report;
    }
}
