using System.Globalization;
using HiCorr.Pipeline.Storage;

namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>What <see cref="RoomsGenerator.WriteCaptions"/> makes.</summary>
public sealed record CaptionOptions
{
    public int Count { get; init; } = 10_000;

    /// <summary>Pixels along each side.</summary>
    public int Size { get; init; } = 128;

    public long Seed { get; init; }

    /// <summary>Share of images that show a whole room.</summary>
    public float RoomShare { get; init; } = 0.15f;

    /// <summary>Share of images that show a few things of a furnished room; the rest show one object.</summary>
    public float DetailShare { get; init; } = 0.35f;

    /// <summary>Share of images that show a part of one object from near.</summary>
    public float CloseUpShare { get; init; } = 0.15f;

    /// <summary>Images made at once; 0 = one per core. Does not change the bytes.</summary>
    public int Threads { get; init; }

    internal string Key() => new ContentKey()
        .Add("version", RoomsGenerator.Version).Add("count", Count).Add("size", Size).Add("seed", Seed)
        .Add("rooms", RoomShare).Add("details", DetailShare).Add("close", CloseUpShare).ToString();

    internal void Validate()
    {
        if (Count is < 1 or > 1_000_000) throw Wrong("--captions", Count, "1 to 1000000");
        if (Size is < 16 or > 2048) throw Wrong("--caption-size", Size, "16 to 2048");
        if (!(RoomShare >= 0 && DetailShare >= 0 && CloseUpShare >= 0 && RoomShare + DetailShare + CloseUpShare <= 1))
            throw Wrong("sum of the shares", RoomShare + DetailShare + CloseUpShare, "shares of 0 to 1 whose sum is at most 1");
    }

    private static ConfigurationException Wrong(string name, IFormattable found, string allowed) =>
        new(name, $"is {found.ToString(null, CultureInfo.InvariantCulture)}", $"Allowed: {allowed}");
}
