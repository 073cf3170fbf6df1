// Runs the test executable and keeps the count that build.sh prints last.
using System.Xml.Linq;

void RunTests(string filter)
{
    DotNetBuild("HiCorr.Tests", new DotNetBuildSettings { Configuration = "Release", Verbosity = DotNetVerbosity.Quiet, NoLogo = true });
    // No test runs the benchmarks: compiling them is what keeps them in step with the rest.
    DotNetBuild("tools/benchmarks", new DotNetBuildSettings { Configuration = "Release", Verbosity = DotNetVerbosity.Quiet, NoLogo = true });
    EnsureDirectoryExists("artifacts");
    var report = "artifacts/tests.xml";
    if (FileExists(report)) DeleteFile(report);

    // One test class at a time: most tests use every core by themselves.
    var arguments = new ProcessArgumentBuilder().Append("-result-xml").Append(report).Append("-parallelMode").Append("none").Append("-noColor").Append("-longRunning").Append("120");
    if (filter != "") arguments.Append("-class").AppendQuoted(filter);
    var code = StartProcess("HiCorr.Tests/bin/Release/net10.0/HiCorr.Tests", new ProcessSettings { Arguments = arguments });
    if (!FileExists(report)) throw new CakeException(code, $"The tests ended with exit code {code} and no report.");

    var assemblies = XDocument.Load(report).Descendants("assembly").ToArray();
    int Sum(string attribute) => assemblies.Sum(assembly => (int?)assembly.Attribute(attribute) ?? 0);
    var failed = Sum("failed") + Sum("errors");
    System.IO.File.WriteAllText("artifacts/test-summary.txt", $"{Sum("passed")} passed, {failed} failed, {Sum("skipped")} skipped\n");
    if (code != 0 || failed > 0) throw new CakeException(1, $"{failed} tests failed.");
}
