using System.Globalization;
using System.Reflection;
using CommandLine;

namespace HiCorr.Pipeline.Cli;

/// <summary>
/// Reads the usual form of a command line, <c>--option value</c>, <c>--list value value</c> and <c>--switch</c>, each at most
/// once, straight into a verb. CommandLineParser needs 40 ms for that, most of a short run. Everything else, from
/// <c>--option=value</c> to help and mistakes, is not understood here on purpose: that is the parser's, and so are its messages.
/// </summary>
internal static class UsualForm
{
    /// <returns>Whether the verb is now as CommandLineParser would make it; where not, that has to look.</returns>
    public static bool TryRead(Verb verb, ReadOnlySpan<string> args)
    {
        int understood = 0;
        foreach (PropertyInfo property in verb.GetType().GetProperties())
        {
            if (property.IsDefined(typeof(ValueAttribute))) return false;
            if (property.GetCustomAttribute<OptionAttribute>() is not { } option) continue;
            if (option.Separator != default) return false;
            int at = args.IndexOf("--" + option.LongName);
            ReadOnlySpan<string> values = at < 0 ? [] : ValuesAfter(args, at);
            object? value = at < 0 ? option.Default : Convert(values, property.PropertyType);
            if (value is null && (at >= 0 || option.Required)) return false;
            if (value is not null) property.SetValue(verb, value);
            if (at >= 0) understood += 1 + values.Length;
        }
        // What is left over is unknown, given twice, or a value too many.
        return understood == args.Length;
    }

    private static ReadOnlySpan<string> ValuesAfter(ReadOnlySpan<string> args, int option)
    {
        int end = option + 1;
        while (end < args.Length && !args[end].StartsWith('-')) end++;
        return args[(option + 1)..end];
    }

    /// <summary>Null where the values do not fit the type.</summary>
    private static object? Convert(ReadOnlySpan<string> values, Type type)
    {
        if (type == typeof(bool)) return values.Length == 0 ? true : null;
        if (type == typeof(IEnumerable<string>)) return values.Length > 0 ? values.ToArray() : null;
        if (values is not [{ Length: > 0 } value]) return null;
        if (type == typeof(string)) return value;
        Type number = Nullable.GetUnderlyingType(type) ?? type;
        if (number == typeof(int)) return int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out int whole) ? whole : null;
        if (number == typeof(long)) return long.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out long large) ? large : null;
        if (number == typeof(float)) return float.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out float real) ? real : null;
        return null;
    }
}
