namespace HiCorr.Pipeline.Telemetry;

/// <summary>The terminal's last line, which a progress bar redraws and a log message takes from it.</summary>
internal static class TerminalLine
{
    /// <summary>Back to the line's start, and away with what stands there.</summary>
    public const string Clear = "\r\x1b[K";

    private const int UsualWidth = 80;

    /// <summary>Columns; the usual 80 where the terminal does not say.</summary>
    public static int Width
    {
        get
        {
            try
            {
                return Console.WindowWidth is > 0 and int columns ? columns : UsualWidth;
            }
            catch (Exception e) when (e is IOException or PlatformNotSupportedException)
            {
                return UsualWidth;
            }
        }
    }
}
