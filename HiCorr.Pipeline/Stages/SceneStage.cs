using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Stages;

/// <summary>
/// A cacheable batch job on one scene. Its result is addressed by what it depends on; a stage that builds on others takes
/// them in its constructor, adds their keys to its own and asks them for their results.
/// </summary>
public abstract class SceneStage(StageCache cache)
{
    /// <summary>The verb and the folder in the cache.</summary>
    public abstract string Name { get; }

    /// <summary>Raised whenever the same inputs give another result.</summary>
    protected abstract int Version { get; }

    /// <summary>Whether several scenes may run side by side; false for a stage that uses all cores on one scene.</summary>
    public virtual bool RunsScenesInParallel => true;

    /// <summary>Stages whose results this one reads.</summary>
    public virtual IReadOnlyList<SceneStage> Upstream => [];

    /// <summary>Everything but upstream results that the result depends on.</summary>
    protected abstract void AddInputs(string scene, ContentKey key);

    /// <summary>Steps of the progress bar for one scene; upstream results are there when this is asked.</summary>
    public virtual long Steps(string scene) => 1;

    /// <summary>Whether all is there that the results of all scenes share.</summary>
    public virtual bool IsPrepared => true;

    /// <summary>Makes what the results of all scenes share, where it is not there yet.</summary>
    public virtual void Prepare(CancellationToken stop)
    {
    }

    /// <summary>Writes the result's files into its folder, each atomically, skipping those that an interrupted run left complete.</summary>
    /// <param name="advance">To be called with the steps done, <see cref="Steps"/> in all.</param>
    /// <returns>What was made, as JSON, for <c>done.json</c>.</returns>
    protected abstract string Run(string scene, StageResult result, Action<long> advance, CancellationToken stop);

    /// <summary>Where the result of a scene is, or will be.</summary>
    public StageResult Locate(string scene)
    {
        ContentKey key = new ContentKey().Add("stage", Name).Add("version", Version).Add("scene", scene);
        foreach (SceneStage stage in Upstream) key.Add(stage.Name, stage.Locate(scene).Key);
        AddInputs(scene, key);
        return cache.Open(Name, scene, key);
    }

    /// <summary>The complete result of a scene, made now (with what it builds on) where it is not in the cache.</summary>
    public StageResult Get(string scene, Action<long>? advance = null, CancellationToken stop = default)
    {
        StageResult result = Locate(scene);
        if (result.IsComplete) return result;
        foreach (SceneStage stage in Upstream) stage.Get(scene, null, stop);
        stop.ThrowIfCancellationRequested();
        string done = Run(scene, result, advance ?? (_ => { }), stop);
        result.Complete(done);
        return result;
    }
}
