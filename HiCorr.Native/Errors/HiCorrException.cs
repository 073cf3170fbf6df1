namespace HiCorr;

/// <summary>An error with a message meant for the user. Only Program.cs maps the families to exit codes.</summary>
public abstract class HiCorrException(string message, Exception? inner = null) : Exception(message, inner);
