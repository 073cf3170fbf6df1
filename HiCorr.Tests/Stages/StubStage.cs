using HiCorr.Pipeline.Stages;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Tests.Stages;

/// <summary>A stage before the one under test, whose result the test makes itself.</summary>
/// <param name="cache">Of the stage under test.</param>
/// <param name="name">Of the stage that it stands for.</param>
/// <param name="make">Writes the result of a scene.</param>
internal sealed class StubStage(StageCache cache, string name, Action<string, StageResult> make) : SceneStage(cache)
{
    public override string Name => name;

    protected override int Version => 1;

    protected override void AddInputs(string scene, ContentKey key)
    {
    }

    protected override string Run(string scene, StageResult result, Action<long> advance, CancellationToken stop)
    {
        make(scene, result);
        return "{}";
    }
}
