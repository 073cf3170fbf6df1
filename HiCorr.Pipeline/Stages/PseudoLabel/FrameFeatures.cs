using HiCorr.Native.Ops.Projection;
using HiCorr.Pipeline.Config;
using HiCorr.Pipeline.Formats.Npy;
using HiCorr.Pipeline.Labels;
using HiCorr.Pipeline.Scenes;
using HiCorr.Pipeline.Storage;
using HiCorr.Pipeline.Vision;

namespace HiCorr.Pipeline.Stages.PseudoLabel;

/// <summary>Reads the features that the pseudo-label stage keeps of a frame, and which points of the scene lie where in it.</summary>
internal sealed class FrameFeatures
{
    private readonly ModelPack _pack;
    private readonly ImageInput _input;
    private readonly DepthTest _test;
    private readonly float[]? _projection;

    /// <param name="reader">What the features are for, in the error where they are not kept.</param>
    /// <param name="projection">A fixed matrix (d, d) that the cells' features are multiplied by; null for none.</param>
    /// <exception cref="ConfigurationException">The configuration does not keep features.</exception>
    public FrameFeatures(Configuration configuration, ModelPack pack, string reader, float[]? projection = null)
    {
        Require(configuration, reader);
        (_pack, _projection) = (pack, projection);
        _input = new ImageInput(pack.Manifest, InferenceOptions.Of(configuration, pack));
        _test = configuration.Projection.Test;
    }

    public int Dimension => _pack.EmbeddingDimension;

    /// <exception cref="ConfigurationException">The configuration does not keep features.</exception>
    public static void Require(Configuration configuration, string reader)
    {
        if (!configuration.PseudoLabel.SaveFeatures)
            throw new ConfigurationException("pseudo_label.save_features", $"is false, but {reader} needs the images' features", "Set it to true, as the methods that need it do (--method)");
    }

    /// <summary>The points of a cloud that a frame sees, and the features of the places where it sees them.</summary>
    /// <param name="labelMaps">Result of the pseudo-label stage.</param>
    /// <exception cref="ArtefactException">A file is missing or damaged.</exception>
    public (VisiblePoints Points, PixelFeatures Features) Read(PointCloud cloud, Frame frame, StageResult labelMaps)
    {
        LabelMap labels = PseudoLabelStage.Read(labelMaps, frame.Id);
        VisiblePoints visible = FrameProjection.Project(cloud, frame, frame.Images.ReadDepth(), labels.ImageWidth, labels.ImageHeight, _test);
        string path = PseudoLabelStage.FeaturesOf(labelMaps, frame.Id);
        NpyArray<Half> values;
        try
        {
            values = NpyReader.Read<Half>(path, _pack.EmbeddingDimension, -1, -1);
        }
        catch (InputException error) when (error is not ArtefactException)
        {
            throw ArtefactException.From(error);
        }
        ImagePlacement place = _input.LayLargest(labels.ImageWidth, labels.ImageHeight).Place;
        double stride = _pack.Manifest.Stride;
        return (visible, new PixelFeatures(new FeatureMap(values.Shape[0], values.Shape[1], values.Shape[2], values.Data), place.Width / stride, place.Height / stride,
            labels.ImageWidth, labels.ImageHeight, _projection));
    }
}
