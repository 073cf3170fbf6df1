namespace HiCorr.Pipeline.Cli;

/// <summary>
/// The verbs in the order of the help, as a user meets them. By name, because finding them by reflection costs a short verb as
/// much time as its work.
/// </summary>
internal static class Verbs
{
    private static readonly (string Name, Func<Verb> Make)[] Table =
    [
        ("demo", static () => new DemoVerb()),
        ("run", static () => new RunVerb()),
        ("config", static () => new ConfigVerb()),
        ("synth", static () => new SynthVerb()),
        ("preprocess", static () => new PreprocessVerb()),
        ("pseudo-label", static () => new PseudoLabelVerb()),
        ("oversegment", static () => new OversegmentVerb()),
        ("refine", static () => new RefineVerb()),
        ("train", static () => new TrainVerb()),
        ("evaluate", static () => new EvaluateVerb()),
        ("ablate", static () => new AblateVerb()),
        ("predict", static () => new PredictVerb()),
        ("render", static () => new RenderVerb()),
        ("bench", static () => new BenchVerb()),
    ];

    public static IEnumerable<string> Names => Table.Select(verb => verb.Name);

    public static Type[] All => Array.ConvertAll(Table, verb => verb.Make().GetType());

    /// <summary>Null where no verb has this name.</summary>
    public static Verb? Make(string name)
    {
        foreach ((string known, Func<Verb> make) in Table)
            if (known == name) return make();
        return null;
    }
}
