namespace HiCorr.Pipeline.Datasets.Rooms;

/// <summary>What a part of a thing is made of; it tells of a <see cref="Material"/>'s pattern, never of its colour.</summary>
internal enum Substance
{
    Paint,
    Flooring,
    Wood,
    Fabric,
    Ceramic,
    Metal,
    Stone,

    /// <summary>Painted or plastic surfaces.</summary>
    Lacquer,

    /// <summary>Pictures, book covers and what is seen through windows: anything.</summary>
    Print,

    Leaf,
}
