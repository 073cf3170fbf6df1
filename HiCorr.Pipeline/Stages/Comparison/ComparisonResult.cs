using HiCorr.Pipeline.Evaluation;

namespace HiCorr.Pipeline.Stages.Comparison;

/// <summary>What one row measured with one seed.</summary>
/// <param name="Row">Name of the row.</param>
/// <param name="Seed">Of weights, draws and augmentations; the data stay the same.</param>
/// <param name="System">What the method predicts by, as the evaluation calls it.</param>
/// <param name="Metrics">On the test split.</param>
/// <param name="Training">Null for a method that trains nothing.</param>
public sealed record ComparisonResult(string Row, int Seed, string System, SegmentationMetrics Metrics, TrainingCost? Training);

/// <summary>What the training of a row cost: of its 3D network, its 2D network, or both.</summary>
/// <param name="Seconds">Wall time, when it was made.</param>
/// <param name="NetworkParameters">Of the network that predicts, all that inference needs.</param>
/// <param name="TrainingParameters">With what only the training needs, such as the transformers, or the 2D network of a co-training.</param>
public sealed record TrainingCost(double Seconds, long NetworkParameters, long TrainingParameters);
