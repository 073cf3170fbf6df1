using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;

namespace HiCorr.Pipeline.Vision;

/// <summary>Cuts images into masks, regions whose pixels are taken to show one thing. The same image gives the same masks.</summary>
internal interface IMaskSource : IDisposable
{
    MaskMap Segment(ColorImage image);
}
