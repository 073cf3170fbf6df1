using HiCorr.Native.Cuda.Compilation;

namespace HiCorr.Tests.Native.Cuda.Compilation;

public sealed class NvrtcCompilerTests : IDisposable
{
    private const string Scale = """
        #include "common/scale.cuh"
        extern "C" __global__ void scale(float* x, int n) { int i = blockIdx.x * blockDim.x + threadIdx.x; if (i < n) x[i] *= FACTOR; }
        """;
    // v is needed from barrier to barrier, and a thread of 1024 gets no more than 64 registers.
    private const string Spilling = """
        extern "C" __global__ void __launch_bounds__(1024) spilling(float* x)
        {
            __shared__ float shared[64];
            float v[128];
            for (int i = 0; i < 128; i++) v[i] = x[i];
            for (int j = 0; j < 4; j++)
            {
                __syncthreads();
                shared[j] = v[j];
                #pragma unroll
                for (int i = 0; i < 128; i++) v[i] = v[i] * x[i + j] + shared[(j + 1) & 63];
            }
            for (int i = 0; i < 128; i++) x[i] = v[i];
        }
        extern "C" __global__ void simple(float* x) { x[0] = 1; }
        """;
    private readonly TemporaryFolder _cache = new();

    public void Dispose() => _cache.Dispose();

    [Theory]
    [InlineData("sm_80")]
    [InlineData("sm_90")]
    public void Makes_a_cubin_for_the_architecture(string architecture)
    {
        CompiledKernels compiled = Compiler(Scale).CompileKernels("scale", architecture);

        byte[] image = File.ReadAllBytes(compiled.Path);
        Assert.Equal([0x7f, (byte)'E', (byte)'L', (byte)'F'], image[..4]);
        Assert.Equal(architecture[3..], image[48].ToString(System.Globalization.CultureInfo.InvariantCulture)); // the ELF header's flags start with it
        Assert.Null(compiled.Note);
        Assert.EndsWith(".cubin", compiled.Path, StringComparison.Ordinal);
    }

    [Fact]
    public void Tells_registers_spills_stack_and_shared_memory()
    {
        IReadOnlyList<KernelResources> kernels = Compiler(Spilling).CompileKernels("scale", "sm_80").Kernels;

        Assert.Equal(["simple", "spilling"], kernels.Select(kernel => kernel.Kernel));
        Assert.Equal((0, 0, 0, 0), (kernels[0].SpillStoreBytes, kernels[0].SpillLoadBytes, kernels[0].StackBytes, kernels[0].SharedBytes));
        Assert.InRange(kernels[0].Registers, 1, 32);
        Assert.True(kernels[1].SpillStoreBytes > 0 && kernels[1].SpillLoadBytes > 0 && kernels[1].StackBytes > 0, kernels[1].ToString());
        Assert.Equal(256, kernels[1].SharedBytes);
        Assert.InRange(kernels[1].Registers, 16, 64);
    }

    [Fact]
    public void Finds_on_disk_what_an_earlier_compiler_made()
    {
        CompiledKernels first = Compiler(Scale).CompileKernels("scale", "sm_80");
        DateTime written = File.GetLastWriteTimeUtc(first.Path);

        CompiledKernels second = Compiler(Scale).CompileKernels("scale", "sm_80");

        Assert.Equal((first.Path, written), (second.Path, File.GetLastWriteTimeUtc(second.Path)));
        Assert.Equal(first.Kernels, second.Kernels);
        Assert.Empty(Directory.GetFiles(_cache.Root, "*.tmp"));
    }

    [Fact]
    public void Header_source_and_architecture_are_part_of_the_key()
    {
        string[] paths =
        [
            Compiler(Scale).Compile("scale", "sm_80"),
            Compiler(Scale).Compile("scale", "sm_86"),
            Compiler(Scale, "#define FACTOR 3\n").Compile("scale", "sm_80"),
            Compiler(Scale + "\n").Compile("scale", "sm_80"),
        ];

        Assert.Equal(4, paths.Distinct().Count());
    }

    [Fact]
    public void Header_may_include_its_neighbour_without_the_folder()
    {
        NvrtcCompiler compiler = Open(new KernelSources(
            new Dictionary<string, string> { ["scale"] = "#include \"common/factor.cuh\"\n" + Scale },
            new Dictionary<string, string> { ["common/scale.cuh"] = "#pragma once\n#include \"factor.cuh\"\n", ["common/factor.cuh"] = "#pragma once\nconstexpr float FACTOR = 2;\n" }));

        Assert.Single(compiler.CompileKernels("scale", "sm_80").Kernels);
    }

    [Fact]
    public void Architecture_that_is_newer_than_the_compiler_gets_ptx_and_a_note()
    {
        CompiledKernels compiled = Compiler(Scale).CompileKernels("scale", "sm_999");

        Assert.EndsWith(".ptx", compiled.Path, StringComparison.Ordinal);
        Assert.Contains(".entry scale", File.ReadAllText(compiled.Path), StringComparison.Ordinal);
        Assert.Contains("does not know sm_999", compiled.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void Architecture_that_is_older_than_the_compiler_is_refused()
    {
        NvrtcCompiler compiler = Compiler(Scale);

        DeviceException error = Assert.Throws<DeviceException>(() => compiler.Compile("scale", "sm_10"));

        Assert.Contains("the GPU has sm_10", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_of_a_kernel_are_in_the_message()
    {
        NvrtcCompiler compiler = Compiler("extern \"C\" __global__ void scale(float* x) {\n x[0] = unknown; }");

        DeviceException error = Assert.Throws<DeviceException>(() => compiler.Compile("scale", "sm_80"));

        Assert.Contains("cuda/scale.cu(2): error: identifier \"unknown\" is undefined", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_cache.Root));
    }

    [Fact]
    public void Source_that_does_not_exist_is_told_with_those_that_do() =>
        Assert.Contains("no kernel source cuda/gleu.cu; there are scale", Assert.Throws<ArgumentException>(() => Compiler(Scale).Compile("gleu", "sm_80")).Message, StringComparison.Ordinal);

    [Fact]
    public void Cache_that_cannot_be_written_is_named_with_the_way_out()
    {
        File.WriteAllText(_cache.PathOf("file"), "");
        NvrtcCompiler compiler = Open(Sources(Scale), _cache.PathOf("file", "below"));

        DeviceException error = Assert.Throws<DeviceException>(() => compiler.Compile("scale", "sm_80"));

        Assert.Contains("HICORR_CACHE", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_compiler_is_named_with_the_way_out()
    {
        DeviceException error = Assert.Throws<DeviceException>(() => new NvrtcCompiler(library: "libno-such-nvrtc.so"));

        Assert.Contains("libno-such-nvrtc.so cannot be loaded", error.Message, StringComparison.Ordinal);
        Assert.Contains("libnvrtc11.2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Library_that_is_no_nvrtc_is_refused() =>
        Assert.Contains("lacks the function nvrtcGetErrorString", Assert.Throws<DeviceException>(() => new NvrtcCompiler(library: "libm.so.6")).Message, StringComparison.Ordinal);

    private NvrtcCompiler Compiler(string source, string header = "#define FACTOR 2\n") => Open(Sources(source, header));

    private static KernelSources Sources(string source, string header = "#define FACTOR 2\n") =>
        new(new Dictionary<string, string> { ["scale"] = source }, new Dictionary<string, string> { ["common/scale.cuh"] = header });

    private NvrtcCompiler Open(KernelSources sources, string? cache = null)
    {
        Nvrtc.SkipWithout();
        return new NvrtcCompiler(sources, cache ?? _cache.Root);
    }
}
