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
        using var text = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        MetricsTable.Write(console, Report());
        string[] lines = text.ToString().Split('\n');
        string chair = Assert.Single(lines, line => line.Contains("chair", StringComparison.Ordinal));
        Assert.Contains("50.0", chair, StringComparison.Ordinal);
        Assert.Contains("100.0", chair, StringComparison.Ordinal);
        Assert.Contains("left out of the mean", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_system_that_misses_a_scene()
    {
        MetricsReport report = Report();
        Assert.Throws<ArgumentException>(() => report.AddScene([0], ("MaskCLIP projected", [0])));
        Assert.Throws<ArgumentException>(() => report.AddScene([0], ("MaskCLIP projected", [0]), ("other", [0])));
    }

    private static MetricsReport Report()
    {
        var report = new MetricsReport(s_classes, "val", absentCountsAsOne: false);
        report.AddScene([0, 1], ("MaskCLIP projected", [0, 1]), ("trained 3D network", [0, 1]));
        report.AddScene([0, 0], ("MaskCLIP projected", [ClassList.None, 1]), ("trained 3D network", [0, 0]));
        return report;
    }
}
