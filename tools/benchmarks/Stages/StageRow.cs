namespace HiCorr.Benchmarks.Stages;

/// <summary>One row of the table of stages. Inputs are made when the row is timed, outside of the time.</summary>
/// <param name="Name">What is timed.</param>
/// <param name="Unit">What it is measured by.</param>
/// <param name="Units">How many of them one call works on.</param>
/// <param name="Work">One call.</param>
/// <param name="Floor">The least that the same work takes, such as the same bytes copied; null where nothing as plain is known.</param>
internal sealed record StageRow(string Name, string Unit, Func<double> Units, Action Work, Action? Floor = null);
