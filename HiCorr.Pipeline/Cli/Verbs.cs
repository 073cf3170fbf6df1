namespace HiCorr.Pipeline.Cli;

/// <summary>
/// The verbs in the order of the help, as a user meets them. By name, because finding them by reflection costs a short verb as
/// much time as its work.
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
        ("masks", typeof(MasksVerb)),
        ("flat-label", typeof(FlatLabelVerb)),
        ("refine", typeof(RefineVerb)),
        ("fuse", typeof(FuseVerb)),
        ("train", typeof(TrainVerb)),
        ("evaluate", typeof(EvaluateVerb)),
        ("label-noise", typeof(LabelNoiseVerb)),
        ("compare", typeof(CompareVerb)),
        ("ablate", typeof(AblateVerb)),
        ("predict", typeof(PredictVerb)),
        ("render", typeof(RenderVerb)),
        ("model maskclip", typeof(MaskClipVerb)),
        ("model check", typeof(ModelCheckVerb)),
        ("bench", typeof(BenchVerb)),
        ("kernels", typeof(KernelsVerb)),
        ("doctor", typeof(DoctorVerb)),
    ];

    /// <summary>The two words of a verb like "model check" as one argument, as the parser takes it; also where the second is mistyped.</summary>
    public static string[] JoinWords(string[] args) =>
        args.Length > 1 && !args[1].StartsWith('-') && Names.Any(name => name.StartsWith(args[0] + " ", StringComparison.Ordinal)) ? [$"{args[0]} {args[1]}", .. args[2..]] : args;

    public static IEnumerable<string> Names => Table.Select(verb => verb.Name);

    public static Type[] All => Array.ConvertAll(Table, verb => verb.Type);

    /// <summary>Null where no verb has this name.</summary>
    public static Type? Find(string name) => Array.Find(Table, verb => verb.Name == name).Type;
}
