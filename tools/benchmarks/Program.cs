using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using CommandLine;
using HiCorr.Benchmarks;
using HiCorr.Benchmarks.Stages;
using HiCorr.Pipeline.Cli;

if (args is ["teachers" or "gradients", ..]) return Parser.Default.ParseArguments<Teachers, Gradients>(args).MapResult<Verb, int>(Application.Execute, _ => 1);
if (args is ["stages", ..]) return Parser.Default.ParseArguments<StageOptions>(args[1..]).MapResult(StageTable.Run, _ => 1);

// In this process: a project that BenchmarkDotNet generates would fall under the repository's build rules and lock files.
Job job = Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance);
IConfig config = DefaultConfig.Instance.AddJob(job).AddDiagnoser(MemoryDiagnoser.Default).AddColumn(StatisticColumn.Min)
    .WithArtifactsPath(Path.Combine("artifacts", "benchmarks"));
BenchmarkSwitcher.FromAssembly(typeof(ConvolutionBenchmarks).Assembly).Run(args, config);
return 0;
