// The command line as Cake targets.

var Verbs = new (string Name, string Verb, string Description)[]
{
    ("Demo", "demo", "Make rooms, label, refine, train, evaluate: results in out/demo."),
    ("Run", "run", "The whole pipeline on a recording or data set."),
    ("Synth", "synth", "Write procedural rooms in ScanNet's layout."),
    ("Preprocess", "preprocess", "Read scenes: points, normals, frames."),
    ("PseudoLabel", "pseudo-label", "Label every frame with the vision-language model."),
    ("Oversegment", "oversegment", "Cut scenes into geometric consistency sets."),
    ("Masks", "masks", "Cut every frame into masks."),
    ("FlatLabel", "flat-label", "Label every frame with a 2D network trained on the label maps."),
    ("Refine", "refine", "Project labels to points and vote inside the sets."),
    ("Train", "train", "Train the 3D network on the refined labels."),
    ("Evaluate", "evaluate", "Compare predictions and pseudo-labels with the ground truth."),
    ("Ablate", "ablate", "Train the method's components one by one and compare them."),
    ("Predict", "predict", "Segment scenes with a trained network."),
    ("Bench", "bench", "Time the network on this machine."),
    ("Doctor", "doctor", "Tell what this machine has for HiCorr."),
};

void Publish() =>
    DotNetPublish("HiCorr.Pipeline", new DotNetPublishSettings
    {
        Configuration = "Release",
        Runtime = "linux-x64",
        SelfContained = false,
        OutputDirectory = "artifacts/hicorr",
        Verbosity = DotNetVerbosity.Quiet,
        NoLogo = true,
    });

// Starts hicorr with what followed "--" on build.sh's command line.
void Hicorr(string verb)
{
    var arguments = new ProcessArgumentBuilder().Append(verb);
    foreach (var argument in (EnvironmentVariable("HICORR_ARGUMENTS") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
    {
        arguments.AppendQuoted(argument);
    }
    var code = StartProcess("artifacts/hicorr/hicorr", new ProcessSettings { Arguments = arguments });
    if (code != 0) throw new CakeException(code, $"hicorr {verb} ended with exit code {code}");
}
