using System.Globalization;
using System.Text.RegularExpressions;

namespace HiCorr.Native.Cuda.Compilation;

/// <summary>What a compiled kernel takes of a multiprocessor.</summary>
/// <param name="Kernel">Its name in the module.</param>
/// <param name="Registers">Of a thread.</param>
/// <param name="StackBytes">Of a thread: arrays that are indexed at run time, calls, and what is spilled.</param>
/// <param name="SpillStoreBytes">Stored by a thread because its registers do not suffice.</param>
/// <param name="SpillLoadBytes">Loaded again.</param>
/// <param name="SharedBytes">Static shared memory of a block.</param>
public sealed partial record KernelResources(string Kernel, int Registers, int StackBytes, int SpillStoreBytes, int SpillLoadBytes, int SharedBytes)
{
    /// <summary>Reads what ptxas says of each kernel under its option -v, in the order of their names.</summary>
    public static IReadOnlyList<KernelResources> Parse(string log) =>
        [.. Entry().Matches(log).Select(match => new KernelResources(match.Groups["kernel"].Value, Number(match, "registers"), Number(match, "stack"),
            Number(match, "stores"), Number(match, "loads"), Number(match, "shared"))).OrderBy(kernel => kernel.Kernel, StringComparer.Ordinal)];

    private static int Number(Match match, string group) =>
        match.Groups[group] is { Success: true } found ? int.Parse(found.Value, CultureInfo.InvariantCulture) : 0;

    // ptxas info    : Compiling entry function 'gelu' for 'sm_80'
    // ptxas info    : Function properties for gelu
    // ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
    // ptxas info    : Used 72 registers, 400 bytes smem, 364 bytes cmem[0]
    // Newer ones write "used 1 barriers" between. Properties of device functions that were not inlined stand in between, too.
    [GeneratedRegex("""
        Compiling\ entry\ function\ '(?<kernel>[^']+)'
        (?:(?!Compiling\ entry)[\s\S])*?Function\ properties\ for\ \k<kernel>\s
        [\s\S]*?(?<stack>\d+)\ bytes\ stack\ frame,\ (?<stores>\d+)\ bytes\ spill\ stores,\ (?<loads>\d+)\ bytes\ spill\ loads
        [\s\S]*?Used\ (?<registers>\d+)\ registers[^\n]*?(?:,\ (?<shared>\d+)(?:\+\d+)?\ bytes\ smem|(?=\n|$))
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Entry();
}
