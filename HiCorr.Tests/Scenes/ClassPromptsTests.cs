using HiCorr.Pipeline.Scenes;

namespace HiCorr.Tests.Scenes;

public sealed class ClassPromptsTests
{
    [Fact]
    public void Reads_prompts_and_synonyms()
    {
        ClassPrompts prompts = ClassPrompts.Parse("other furniture: other furniture, stool | ottoman ,shelf", "f");

        Assert.Equal("other furniture", prompts.Name);
        Assert.Equal([["other furniture"], ["stool", "ottoman"], ["shelf"]], prompts.Prompts);
        Assert.False(prompts.IsNameAlone);
        Assert.True(ClassPrompts.Parse("tv|monitor, big", "f").IsNameAlone); // without a colon all of it is the name
        Assert.True(ClassPrompts.Parse("bus: bus", "f").IsNameAlone);
    }

    [Theory]
    [InlineData("sofa:")]
    [InlineData("sofa: a,,b")]
    [InlineData("sofa: a|")]
    [InlineData(": a")]
    public void Refuses_what_is_empty(string line)
    {
        InputException error = Assert.Throws<InputException>(() => ClassPrompts.Parse(line, "mine.txt"));

        Assert.Equal($"mine.txt, line '{line}': expected name: prompt, prompt | synonym, ..., found an empty one", error.Message);
    }
}
