namespace HiCorr.Native.Ops.ConfusionMatrix;

public sealed partial class ConfusionMatrix
{
    private void AddCpu(ReadOnlySpan<byte> truth, ReadOnlySpan<byte> prediction)
    {
        for (int i = 0; i < truth.Length; i++)
        {
            if (truth[i] >= ClassCount) continue;
            _counts[truth[i] * (ClassCount + 1) + Math.Min(prediction[i], ClassCount)]++;
        }
    }
}
