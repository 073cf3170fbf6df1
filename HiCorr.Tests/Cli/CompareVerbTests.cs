using System.Text.Json;
using HiCorr.Tests.EndToEnd;

namespace HiCorr.Tests.Cli;

public sealed class CompareVerbTests(TinyRooms rooms) : IClassFixture<TinyRooms>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Makes_a_row_of_a_method_that_run_reaches_too()
    {
        (int code, string output, string errors) = HicorrProcess.Run(rooms.Flags("compare", _folder.Root, "--methods", "hicorr", "--seeds", "0"));
        Assert.True(code == 0, errors);
        Assert.Contains("| hicorr | 1 |", output, StringComparison.Ordinal);
        using JsonDocument table = JsonDocument.Parse(File.ReadAllText(_folder.PathOf("comparison.json")));

        (code, _, errors) = HicorrProcess.Run(rooms.Flags("run", _folder.PathOf("alone"), "--method", "hicorr"));
        Assert.True(code == 0, errors);
        using JsonDocument alone = JsonDocument.Parse(File.ReadAllText(_folder.PathOf("alone", "metrics.json")));
        Assert.Equal(alone.RootElement.GetProperty("systems").EnumerateArray().Last().GetProperty("mIoU").GetDouble(),
            table.RootElement.GetProperty("rows")[0].GetProperty("results")[0].GetProperty("metrics").GetProperty("mIoU").GetDouble());
    }

    [Fact]
    public void A_method_without_training_is_measured_once_by_what_it_predicts_with()
    {
        (int code, string output, string errors) = HicorrProcess.Run(rooms.Flags("compare", _folder.Root, "--methods", "maskclip", "--seeds", "0,1"));

        Assert.True(code == 0, errors);
        Assert.False(Directory.Exists(_folder.PathOf("cache", "train")));
        using JsonDocument table = JsonDocument.Parse(File.ReadAllText(_folder.PathOf("comparison.json")));
        JsonElement result = Assert.Single(table.RootElement.GetProperty("rows")[0].GetProperty("results").EnumerateArray());
        Assert.Equal("projected labels", result.GetProperty("system").GetString());
        Assert.Equal(JsonValueKind.Null, result.GetProperty("trainingSeconds").ValueKind);
        Assert.Equal(table.RootElement.GetProperty("labels").GetProperty("projected labels").GetProperty("mIoU").GetDouble(), result.GetProperty("metrics").GetProperty("mIoU").GetDouble());
        Assert.Contains("| maskclip | 1 |", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Training_of_a_2D_network_is_part_of_what_a_row_costs()
    {
        (int code, _, string errors) = HicorrProcess.Run([.. rooms.Flags("compare", _folder.Root, "--methods", "maskclip-plus,sam-refine", "--seeds", "0"), "train.epochs=1"]);

        Assert.True(code == 0, errors);
        using JsonDocument table = JsonDocument.Parse(File.ReadAllText(_folder.PathOf("comparison.json")));
        JsonElement[] costs = [.. table.RootElement.GetProperty("rows").EnumerateArray().Select(row => row.GetProperty("results")[0])];
        long flat = costs[0].GetProperty("networkParameters").GetInt64();
        Assert.Equal(flat, costs[0].GetProperty("trainingParameters").GetInt64());
        Assert.Equal(costs[1].GetProperty("networkParameters").GetInt64() + flat, costs[1].GetProperty("trainingParameters").GetInt64());
        Assert.True(costs[0].GetProperty("trainingSeconds").GetDouble() > 0);
    }

    [Theory]
    [InlineData("--methods", "hicorr,hicor")]
    [InlineData("--method", "hicorr")]
    [InlineData("--seed", "1")]
    public void A_mistake_is_found_before_the_first_stage(string option, string value)
    {
        (int code, _, string errors) = HicorrProcess.Run(rooms.Flags("compare", _folder.Root, option, value));

        Assert.Equal(2, code);
        Assert.Contains(option, errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.PathOf("cache")));
    }
}
