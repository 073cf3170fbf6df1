using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace HiCorr.Pipeline.Config;

/// <summary>One value of the configuration: text to type, with the checks that its property names.</summary>
internal static class Setting
{
    public static object Parse(PropertyInfo property, string key, string text)
    {
        Type type = property.PropertyType;
        object? value =
            type == typeof(string) ? text
            : type == typeof(int) ? int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int whole) ? whole : null
            : type == typeof(double) ? double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null
            : bool.TryParse(text, out bool flag) ? flag : null;
        if (value is null) throw new ConfigurationException(key, $"'{text}' is not {Kind(type)}");

        if (property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed && !allowed.Values.Contains(value))
            throw new ConfigurationException(key, $"'{text}' is not one of its values", $"Allowed: {string.Join(", ", allowed.Values)}");
        if (property.GetCustomAttribute<TextFormatAttribute>() is { } format && !format.Fits(text))
            throw new ConfigurationException(key, $"'{text}' is not of its form", $"Allowed: {format.Allowed}");
        if (property.GetCustomAttribute<RangeAttribute>() is { } range && !range.IsValid(value))
            throw new ConfigurationException(key, $"{text} is out of range", string.Create(CultureInfo.InvariantCulture, $"Allowed: {range.Minimum} to {range.Maximum}"));
        return value;
    }

    private static string Kind(Type type) =>
        type == typeof(int) ? "a whole number" : type == typeof(double) ? "a number" : "true or false";
}
