using System.Globalization;
using HiCorr.Native.Cuda.Compilation;

namespace HiCorr.Pipeline.Reports;

/// <summary>What the CUDA kernels take of a GPU, architecture by architecture.</summary>
/// <param name="SchemaVersion">Of the JSON document.</param>
/// <param name="Compiler">NVRTC's version.</param>
/// <param name="Kernels">By source, kernel and architecture.</param>
/// <param name="Notes">What the compiler had to say, each once.</param>
public sealed record KernelReport(int SchemaVersion, string Compiler, IReadOnlyList<KernelRow> Kernels, IReadOnlyList<string> Notes)
{
    /// <summary>Compiles every source for every architecture.</summary>
    /// <exception cref="DeviceException">A kernel does not compile.</exception>
    public static KernelReport Make(NvrtcCompiler compiler, KernelSources sources, IReadOnlyList<string> architectures, CancellationToken stop)
    {
        var rows = new List<KernelRow>();
        var notes = new List<string>();
        foreach (string source in sources.Names)
        {
            IReadOnlyList<string> hot = sources.HotKernels(source);
            foreach (string architecture in architectures)
            {
                stop.ThrowIfCancellationRequested();
                CompiledKernels compiled = compiler.CompileKernels(source, architecture);
                if (compiled.Note is { } note && !notes.Contains(note)) notes.Add(note);
                rows.AddRange(compiled.Kernels.Select(kernel => new KernelRow(source, kernel.Kernel, architecture, hot.Contains(kernel.Kernel), kernel.Registers,
                    kernel.SpillStoreBytes, kernel.SpillLoadBytes, kernel.SharedBytes, kernel.StackBytes)));
            }
        }
        return new KernelReport(1, $"NVRTC {compiler.Version}",
            [.. rows.OrderBy(row => row.Source, StringComparer.Ordinal).ThenBy(row => row.Kernel, StringComparer.Ordinal)], notes);
    }

    /// <exception cref="DeviceException">A hot kernel spills registers to memory.</exception>
    public void RequireNoSpills()
    {
        string[] spilling = [.. Kernels.Where(row => row.Hot && row.SpillStoreBytes + row.SpillLoadBytes > 0)
            .Select(row => $"{row.Kernel} ({row.SpillStoreBytes} bytes on {row.Architecture})")];
        if (spilling.Length > 0)
            throw new DeviceException($"hot kernels spill registers to memory: {string.Join(", ", spilling)}. Let a thread hold less, or start fewer threads a block");
    }

    public string ToTable()
    {
        var table = new MarkdownTable("source", "kernel", "architecture", "registers", "spilled bytes", "shared memory", "stack");
        foreach (KernelRow row in Kernels)
        {
            table.Add(row.Source, row.Kernel + (row.Hot ? " (hot)" : ""), row.Architecture, Text(row.Registers), Text(row.SpillStoreBytes), Text(row.SharedBytes), Text(row.StackBytes));
        }
        return table.ToString();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A kernel on an architecture: registers and stack of a thread, shared memory of a block; see <see cref="KernelResources"/>.</summary>
public sealed record KernelRow(string Source, string Kernel, string Architecture, bool Hot, int Registers, int SpillStoreBytes, int SpillLoadBytes, int SharedBytes, int StackBytes);
