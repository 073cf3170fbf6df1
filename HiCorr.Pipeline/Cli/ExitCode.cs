namespace HiCorr.Pipeline.Cli;

/// <summary>What the process returns: 0 ok, 1 bug, 2 usage or configuration, 3 bad input, 4 model or artefact, 5 device or memory, 6 disk, 7 non-finite training, 75 stopped but resumable.</summary>
public static class ExitCode
{
    public const int Ok = 0, Bug = 1, Usage = 2, Input = 3, Artefact = 4, Device = 5, Disk = 6, NonFinite = 7, Stopped = 75;

    public static int Of(Exception error) => Innermost(error) switch
    {
        ConfigurationException => Usage,
        ArtefactException => Artefact,
        InputException => Input,
        DeviceException or OutOfMemoryException => Device,
        NonFiniteException => NonFinite,
        StoppedException or OperationCanceledException => Stopped,
        IOException or UnauthorizedAccessException => Disk,
        _ => Bug,
    };

    /// <summary>One line for the user.</summary>
    public static string Describe(Exception error) => Innermost(error) switch
    {
        OperationCanceledException => "stopped; finished scenes and frames are kept, the same command goes on",
        OutOfMemoryException e => $"out of memory ({e.Message}); fewer scenes a batch (train.batch_scenes) or larger voxels (network.voxel_size) need less",
        HiCorrException e => e.Message,
        IOException or UnauthorizedAccessException => $"{Innermost(error).Message}. Free space, or name another folder with --out or --cache",
        Exception e => e.Message,
    };

    /// <summary>Parallel loops wrap what they meet.</summary>
    private static Exception Innermost(Exception error) =>
        error is AggregateException { InnerException: { } inner } ? Innermost(inner) : error;
}
