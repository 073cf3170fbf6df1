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

    [Fact]
    public void Finds_nothing_under_another_name() => Assert.Null(ClassLists.Find("scannet"));
}
