namespace HiCorr;

/// <summary>An option or configuration key is unknown or has a value it cannot take (exit code 2).</summary>
/// <param name="key">The option or dotted key, for example "--classes" or "train.epochs".</param>
/// <param name="problem">What is wrong with it.</param>
/// <param name="hint">Allowed values, or a suggestion.</param>
public sealed class ConfigurationException(string key, string problem, string? hint = null)
    : HiCorrException($"{key}: {problem}{(hint is null ? "" : ". " + hint)}")
{
    public string Key { get; } = key;
}
