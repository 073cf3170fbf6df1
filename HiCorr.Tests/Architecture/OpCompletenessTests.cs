using System.Reflection;
using HiCorr.Native.Devices;

namespace HiCorr.Tests.Architecture;

/// <summary>
/// An op has one name in all of its places: <c>Ops/X/X.cs</c> (the contract), <c>Ops/X/X.Cpu.cs</c> and <c>Ops/X/X.Cuda.cs</c> (its devices), <c>cuda/x.cu</c>,
/// <c>HiCorr.Tests/Native/Ops/XTests.cs</c> and <c>Ops/Cuda/XKernelTests.cs</c>. A folder that holds no file of its own name is a building block that ops share.
/// </summary>
public sealed class OpCompletenessTests
{
    private static readonly string s_ops = Path.Combine(SharedFolder.Repository(), "HiCorr.Native", "Ops");

    public static TheoryData<string> Ops => [.. Folders().Where(IsOp)];

    public static TheoryData<string> BuildingBlocks => [.. Folders().Where(folder => !IsOp(folder))];

    [Fact]
    public void Knows_the_ops_by_their_folders() =>
        Assert.Superset(new HashSet<string> { "Attention", "BatchNorm", "CrossEntropy", "Gelu", "KlDivergence", "LayerNorm", "Linear", "SparseConv" }, Folders().Where(IsOp).ToHashSet());

    [Theory]
    [MemberData(nameof(Ops))]
    public void Has_a_contract_with_a_summary(string op)
    {
        string file = Path.Combine(s_ops, op, $"{op}.cs");
        Assert.True(File.Exists(file), $"the op {op} lacks its contract HiCorr.Native/Ops/{op}/{op}.cs");
        Assert.Contains("/// <summary>", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.NotNull(typeof(CpuDevice).Assembly.GetType($"HiCorr.Native.Ops.{op}.{op}"));
    }

    [Theory]
    [MemberData(nameof(Ops))]
    public void Has_a_fast_version_on_the_cpu(string op) =>
        Assert.True(Directory.GetFiles(Path.Combine(s_ops, op), $"{op}.Cpu*.cs").Length > 0,
            $"the op {op} lacks HiCorr.Native/Ops/{op}/{op}.Cpu.cs (or {op}.Cpu.ASPECT.cs)");

    [Theory]
    [MemberData(nameof(Ops))]
    public void Has_kernels_and_their_launches(string op)
    {
        Assert.True(Directory.GetFiles(Path.Combine(s_ops, op), $"{op}.Cuda*.cs").Length > 0, $"the op {op} lacks HiCorr.Native/Ops/{op}/{op}.Cuda.cs");
        string source = Path.Combine(SharedFolder.Repository(), "cuda", SnakeCase(op) + ".cu");
        Assert.True(File.Exists(source), $"the op {op} lacks cuda/{SnakeCase(op)}.cu");
    }

    [Theory]
    [MemberData(nameof(Ops))]
    public void Has_tests_of_its_kernels(string op) => AssertHasFacts($"HiCorr.Tests.Native.Ops.Cuda.{op}KernelTests", $"HiCorr.Tests/Native/Ops/Cuda/{op}KernelTests.cs", op);

    [Theory]
    [MemberData(nameof(Ops))]
    public void Has_tests_of_its_own(string op) => AssertHasFacts($"HiCorr.Tests.Native.Ops.{op}Tests", $"HiCorr.Tests/Native/Ops/{op}Tests.cs", op);

    private static void AssertHasFacts(string type, string file, string op)
    {
        Type? tests = Assembly.GetExecutingAssembly().GetType(type);
        Assert.True(tests is not null, $"the op {op} lacks {file}");
        // A theory is a fact too.
        Assert.Contains(tests.GetMethods(), method => method.GetCustomAttributes<FactAttribute>().Any());
    }

    /// <summary>An op cannot hide behind a folder of another name: what has a backward pass is an op.</summary>
    [Theory]
    [MemberData(nameof(BuildingBlocks))]
    public void Building_block_has_no_backward_pass(string folder) =>
        Assert.DoesNotContain(typeof(CpuDevice).Assembly.GetTypes().Where(type => type.Namespace == $"HiCorr.Native.Ops.{folder}"),
            type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly)
                .Any(method => method.Name.StartsWith("Backward", StringComparison.Ordinal)));

    private static IEnumerable<string> Folders() => Directory.GetDirectories(s_ops).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal);

    private static bool IsOp(string folder) => Directory.GetFiles(Path.Combine(s_ops, folder), $"{folder}*.cs").Length > 0;

    private static string SnakeCase(string name) => string.Concat(name.Select((letter, i) => char.IsUpper(letter) && i > 0 ? $"_{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));
}
