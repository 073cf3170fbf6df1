#load "tools/build/hicorr.cake"
#load "tools/build/tests.cake"
#load "tools/build/kernels.cake"

var target = Argument("target", "Build");

Task("Build")
    .Description("Restore and compile everything; publish hicorr to artifacts/hicorr.")
    .Does(() =>
    {
        DotNetBuild("HiCorr.sln", new DotNetBuildSettings { Configuration = "Release", Verbosity = DotNetVerbosity.Quiet, NoLogo = true });
        Publish();
    });

Task("Publish")
    .Description("Publish hicorr to artifacts/hicorr.")
    .Does(() => Publish());

Task("InstallNvrtc")
    .Description("On Debian, as root: install NVIDIA's run-time compiler, with which tests compile kernels.")
    .Does(() => InstallNvrtc());

Task("Test")
    .Description("Build and run all tests; the last line is 'N passed, N failed, N skipped'.")
    .IsDependentOn("InstallNvrtc")
    .Does(() => RunTests(Argument("filter", "")));

Task("Kernels")
    .Description("Compile the CUDA kernels for every architecture and print what each takes; a hot one that spills fails.")
    .IsDependentOn("InstallNvrtc")
    .IsDependentOn("Publish")
    .Does(() => Hicorr("kernels"));

// Each verb of the command line is a target of its own: ./build.sh --target Train -- --root DIR --out DIR
foreach (var (name, verb, description) in Verbs)
{
    Task(name)
        .Description(description)
        .IsDependentOn("Publish")
        .Does(() => Hicorr(verb));
}

Task("Clean")
    .Description("Remove build output and artifacts; results under out/ stay.")
    .Does(() =>
    {
        CleanDirectories("artifacts");
        CleanDirectories("HiCorr.*/bin");
        CleanDirectories("HiCorr.*/obj");
        CleanDirectories("tools/benchmarks/bin");
        CleanDirectories("tools/benchmarks/obj");
    });

RunTarget(target);
