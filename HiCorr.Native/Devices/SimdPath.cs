using System.Runtime.Intrinsics;

namespace HiCorr.Native.Devices;

/// <summary>Which instructions the inner loops of the matrix products use.</summary>
public enum SimdPath
{
    /// <summary>128-bit vectors, or plain loops where there are none.</summary>
    Portable,

    /// <summary>256-bit vectors with fused multiply-add (AVX2).</summary>
    Vector256,

    /// <summary>512-bit vectors with fused multiply-add (AVX-512).</summary>
    Vector512,
}

/// <summary>What this processor can do.</summary>
public static class SimdPaths
{
    /// <summary>The widest path this processor has.</summary>
    public static SimdPath Best { get; } = Has(SimdPath.Vector512) ? SimdPath.Vector512
        : Has(SimdPath.Vector256) ? SimdPath.Vector256 : SimdPath.Portable;

    public static bool Has(SimdPath path) => path switch
    {
        SimdPath.Vector512 => Vector512.IsHardwareAccelerated,
        SimdPath.Vector256 => Vector256.IsHardwareAccelerated && System.Runtime.Intrinsics.X86.Fma.IsSupported,
        _ => true,
    };

    /// <summary>HICORR_SIMD (portable, vector256, vector512) where it is set, else <see cref="Best"/>.</summary>
    /// <exception cref="ConfigurationException">HICORR_SIMD names no path, or one that this processor does not have.</exception>
    public static SimdPath Default()
    {
        string? text = Environment.GetEnvironmentVariable("HICORR_SIMD");
        if (string.IsNullOrEmpty(text)) return Best;
        if (!Enum.TryParse(text, ignoreCase: true, out SimdPath path) || !Enum.IsDefined(path) || char.IsDigit(text[0]))
            throw new ConfigurationException("HICORR_SIMD", $"'{text}' is unknown", "Give portable, vector256 or vector512");
        return Has(path) ? path
            : throw new ConfigurationException("HICORR_SIMD", $"this processor has no '{text}'", $"The widest it has is {Best}");
    }
}
