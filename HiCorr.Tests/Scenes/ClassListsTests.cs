using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Scenes;

public sealed class ClassListsTests
{
    [Fact]
    public void Knows_the_twenty_classes_of_ScanNet_in_the_order_of_the_benchmark()
    {
        ClassList list = ClassLists.Find("ScanNet20")!;

        Assert.Equal(20, list.Count);
        Assert.Equal(0, list.IndexOf("wall"));
        Assert.Equal(15, list.IndexOf("shower curtain"));
        Assert.Equal(19, list.IndexOf("other furniture"));
    }

    [Theory]
    [InlineData("nuscenes16", 16, 16)]
    [InlineData("nuscenes16-details", 16, 43)]
    [InlineData("semantickitti19", 19, 19)]
    public void Knows_the_classes_of_street_scenes(string name, int classes, int prompts)
    {
        (_, IReadOnlyList<ClassPrompts> list) = ClassLists.FindPrompts(name)!.Value;

        Assert.Equal(classes, list.Count);
        Assert.Equal(prompts, list.Sum(one => one.Prompts.Count));
        Assert.Equal(prompts == classes, list.All(one => one.IsNameAlone));
    }

    [Fact]
    public void Keeps_the_names_of_nuScenes_where_it_details_them() => Assert.Equal(ClassLists.Find("nuscenes16")!.Names, ClassLists.Find("nuscenes16-details")!.Names);

    [Fact]
    public void Finds_nothing_under_another_name() => Assert.Null(ClassLists.Find("scannet"));
}
