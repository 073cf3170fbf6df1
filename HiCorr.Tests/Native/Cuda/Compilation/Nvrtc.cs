using HiCorr.Native.Cuda.Compilation;

namespace HiCorr.Tests.Native.Cuda.Compilation;

/// <summary>NVIDIA's run-time compiler, which not every machine has.</summary>
internal static class Nvrtc
{
    private static readonly Lazy<string?> s_missing = new(() =>
    {
        try
        {
            LibNvrtc.Load();
            return null;
        }
        catch (DeviceException error)
        {
            return error.Message;
        }
    });

    public static void SkipWithout()
    {
        if (s_missing.Value is { } reason) Assert.Skip(reason);
    }
}
