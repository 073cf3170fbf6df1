namespace HiCorr;

/// <summary>A device call failed or memory ran out (exit code 5).</summary>
public sealed class DeviceException(string message, Exception? inner = null) : HiCorrException(message, inner);

/// <summary>A loss or gradient became NaN or infinite (exit code 7).</summary>
public sealed class NonFiniteException(string message) : HiCorrException(message);

/// <summary>The run was asked to stop and saved its state; the same command goes on (exit code 75).</summary>
public sealed class StoppedException(string message) : HiCorrException(message);
