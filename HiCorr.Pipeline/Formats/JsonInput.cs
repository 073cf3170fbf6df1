using System.Globalization;
using System.Text.Json;

namespace HiCorr.Pipeline.Formats;

/// <summary>Turns what the JSON reader reports into an <see cref="InputException"/> with line and byte.</summary>
internal static class JsonInput
{
    public static T Parse<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (JsonException e)
        {
            string where = string.Create(CultureInfo.InvariantCulture, $"line {(e.LineNumber ?? 0) + 1}, byte {e.BytePositionInLine ?? 0}");
            throw new InputException(path, where, "JSON", Bytes.Show(e.Message.Split('.')[0]), inner: e);
        }
        catch (InvalidOperationException e)
        {
            throw new InputException(path, null, "JSON text in UTF-8", Bytes.Show(e.Message.Split('.')[0]), inner: e);
        }
    }
}
