namespace HiCorr.Pipeline.Cli;

/// <summary>
/// The verbs in the order of the help, as a user meets them. By name, because looking them up by reflection, as the parser
/// would among all of them, costs a short verb as much time as its work.
/// </summary>
internal static class Verbs
{
    private static readonly (string Name, Type Type)[] Table =
    [
        ("demo", typeof(DemoVerb)),
        ("run", typeof(RunVerb)),
        ("config", typeof(ConfigVerb)),
        ("synth", typeof(SynthVerb)),
        ("preprocess", typeof(PreprocessVerb)),
        ("pseudo-label", typeof(PseudoLabelVerb)),
        ("oversegment", typeof(OversegmentVerb)),
        ("refine", typeof(RefineVerb)),
        ("train", typeof(TrainVerb)),
        ("evaluate", typeof(EvaluateVerb)),
        ("predict", typeof(PredictVerb)),
        ("render", typeof(RenderVerb)),
        ("bench", typeof(BenchVerb)),
    ];

    public static IReadOnlyList<string> Names => Array.ConvertAll(Table, verb => verb.Name);

    public static Type[] All => Array.ConvertAll(Table, verb => verb.Type);

    /// <summary>Null where no verb has this name.</summary>
    public static Type? Find(string name)
    {
        foreach ((string known, Type type) in Table)
            if (known == name) return type;
        return null;
    }
}
