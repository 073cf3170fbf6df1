namespace HiCorr.Native.Cuda;

/// <summary>Turns a source of <c>cuda/</c> into what a driver loads.</summary>
public interface IKernelCompiler
{
    /// <summary>The compiled file, made at the first call and found on disk after that.</summary>
    /// <param name="source">Name without ending: "gelu" for <c>cuda/gelu.cu</c>.</param>
    /// <param name="architecture">For example "sm_90".</param>
    /// <exception cref="DeviceException">There is no compiler, or it found errors, which the message holds.</exception>
    string Compile(string source, string architecture);
}
