namespace HiCorr;

/// <summary>An error with a message meant for the user. Only the command line's ExitCode maps the families to exit codes.</summary>
public abstract class HiCorrException(string message, Exception? inner = null) : Exception(message, inner);
