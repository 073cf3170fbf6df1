using HiCorr.Pipeline.Evaluation;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Evaluation;

public sealed class ClassMappingTests
{
    [Fact]
    public void Translates_by_name_and_drops_what_the_target_does_not_know()
    {
        var mapping = new ClassMapping(new ClassList("model", ["Chair", "lamp", "wall"]), new ClassList("truth", ["wall", "floor", "chair"]));
        Assert.Equal([2, ClassList.None, 0, ClassList.None, ClassList.None], mapping.Apply([0, 1, 2, 3, ClassList.None]));
        Assert.Equal(["floor"], mapping.Missing);
        Assert.Equal(["lamp"], mapping.Dropped);
    }
}
