using System.Text.Json;
using HiCorr.Pipeline.Stages.Comparison;
using HiCorr.Tests.EndToEnd;

namespace HiCorr.Tests.Cli;

public sealed class AblateVerbTests(TinyRooms rooms) : IClassFixture<TinyRooms>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Makes_one_table_of_rows_and_seeds_and_goes_on_where_it_was()
    {
        string[] flags = [.. rooms.Flags("ablate", _folder.Root, "--seeds", "3,4", "--vary", "correlation.block=linear"), "train.epochs=3"];
        string[] Lines() => [.. File.ReadLines(_folder.PathOf("ablation.md")).Where(line => AblationRows.Ladder.Any(row => line.StartsWith($"| {row.Name} |", StringComparison.Ordinal)))];

        (int code, string output, string errors) = HicorrProcess.Run(flags);

        Assert.True(code == 0, errors);
        Assert.Contains("| V: + feedback | 2 |", output, StringComparison.Ordinal);
        Assert.Equal(["| I: CLIP2Scene", "| L_ce", "| II: + intra-set", "| III: + intra-scene", "| IV: + inter-scene", "| V: + feedback"], Lines().Select(line => line[..line.IndexOf(" | ", StringComparison.Ordinal)]));
        Assert.Equal(1 + 7 * 2, File.ReadAllLines(_folder.PathOf("ablation.csv")).Length);
        using (JsonDocument json = JsonDocument.Parse(File.ReadAllText(_folder.PathOf("ablation.json"))))
        {
            JsonElement last = json.RootElement.GetProperty("rows").EnumerateArray().Last();
            Assert.Equal("linear", last.GetProperty("settings").GetProperty("correlation.block").GetString());
            JsonElement result = last.GetProperty("results")[1];
            Assert.Equal(4, result.GetProperty("seed").GetInt32());
            Assert.Equal("floor", result.GetProperty("metrics").GetProperty("classes")[1].GetProperty("name").GetString());
            Assert.True(result.GetProperty("trainingParameters").GetInt64() > result.GetProperty("networkParameters").GetInt64());
        }

        string[] before = Lines();
        DateTime trained = Directory.GetFiles(_folder.PathOf("cache", "train"), "done.json", SearchOption.AllDirectories).Max(File.GetLastWriteTimeUtc);
        Assert.Equal(0, HicorrProcess.Run(flags).Code);
        Assert.Equal(before, Lines());
        Assert.Equal(trained, Directory.GetFiles(_folder.PathOf("cache", "train"), "done.json", SearchOption.AllDirectories).Max(File.GetLastWriteTimeUtc));
    }

    [Fact]
    public void Varies_a_setting_without_the_ladder()
    {
        string[] flags = [.. rooms.Flags("ablate", _folder.Root, "--seeds", "3", "--rows", "0", "--vary", "refine.scope=none"), "train.epochs=3"];

        (int code, _, string errors) = HicorrProcess.Run(flags);

        Assert.True(code == 0, errors);
        Assert.StartsWith("\"refine.scope=none\",3,", Assert.Single(File.ReadLines(_folder.PathOf("ablation.csv")).Skip(1)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("correlation.block", "--vary", "correlation.blok=linear")]
    [InlineData("pseudo_label.save_features", "--vary", "predict.source=ensemble")]
    [InlineData("masks.model", "--vary", "refine.sets=masks", "--set", "masks.source=sam")]
    [InlineData("--seeds", "--seeds", "1,x")]
    [InlineData("Allowed: 1 to 6", "--rows", "7")]
    [InlineData("Allowed: 1 to 6", "--rows", "0")]
    public void A_mistake_is_found_before_the_first_training(string words, params string[] mistake)
    {
        // One --set takes all settings.
        string[] flags = rooms.Flags("ablate", _folder.Root, [.. mistake.TakeWhile(word => word != "--set")]);
        (int code, _, string errors) = HicorrProcess.Run([.. flags, .. mistake.SkipWhile(word => word != "--set").Skip(1)]);

        Assert.Equal(2, code);
        Assert.Contains(words, errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.PathOf("cache")));
    }
}
