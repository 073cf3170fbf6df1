using System.Text.Json;
using HiCorr.Pipeline.Datasets.Rooms;

namespace HiCorr.Tests.Datasets.Rooms;

public sealed class CaptionImagesTests
{
    private static readonly CaptionOptions Small = new() { Count = 30, Size = 32, Threads = 1 };

    [Fact]
    public void Writes_the_same_bytes_when_more_threads_work()
    {
        using var folder = new TemporaryFolder();
        RoomsGenerator.WriteCaptions(Small, folder.PathOf("one"));
        RoomsGenerator.WriteCaptions(Small with { Threads = 3 }, folder.PathOf("three"));
        Assert.Equal(30, Directory.GetFiles(folder.PathOf("one", "images")).Length);
        Assert.Equal(File.ReadAllText(folder.PathOf("one", "captions.jsonl")), File.ReadAllText(folder.PathOf("three", "captions.jsonl")));
        foreach (string file in Directory.GetFiles(folder.PathOf("one", "images")))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(folder.PathOf("three", "images", Path.GetFileName(file))));
    }

    [Fact]
    public void Has_a_line_for_each_image()
    {
        using var folder = new TemporaryFolder();
        RoomsGenerator.WriteCaptions(Small with { Count = 9 }, folder.Root);
        string[] lines = File.ReadAllLines(folder.PathOf("captions.jsonl"));
        Assert.Equal(9, lines.Length);
        foreach (string line in lines)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            Assert.True(File.Exists(folder.PathOf(document.RootElement.GetProperty("image").GetString()!)));
            Assert.NotEmpty(document.RootElement.GetProperty("caption").GetString()!);
            Assert.All(document.RootElement.GetProperty("classes").EnumerateArray(), name => Assert.Contains(name.GetString(), RoomsClass.Names));
        }
    }

    [Fact]
    public void Keeps_images_that_are_there_already()
    {
        using var folder = new TemporaryFolder();
        RoomsGenerator.WriteCaptions(Small, folder.Root);
        DateTime before = File.GetLastWriteTimeUtc(folder.PathOf("captions.jsonl"));
        RoomsGenerator.WriteCaptions(Small, folder.Root);
        Assert.Equal(before, File.GetLastWriteTimeUtc(folder.PathOf("captions.jsonl")));
    }

    [Fact]
    public void Names_every_class_within_a_few_hundred_images()
    {
        CaptionedImage[] made = [.. Enumerable.Range(0, 300).Select(i => CaptionImages.Make(Small, i, i % 4))];
        Assert.Equal(RoomsClass.Names.Order(), made.SelectMany(image => image.Classes).Distinct().Order());
        Assert.All(made, image => Assert.Contains(image.Classes, name => image.Caption.Contains(name, StringComparison.Ordinal) || name == "other furniture"));
        Assert.Contains(made, image => image.Classes.Length > 2);
    }

    [Theory]
    [InlineData("a bed", "bed")]
    [InlineData("a bed and other furniture", "bed", "other furniture")]
    [InlineData("a lamp, an oven and a chair", "lamp", "oven", "chair")]
    public void Joins_names_as_people_do(string expected, params string[] names) => Assert.Equal(expected, Caption.Join(names));
}
