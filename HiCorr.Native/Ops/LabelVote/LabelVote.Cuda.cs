using HiCorr.Native.Cuda;

namespace HiCorr.Native.Ops.LabelVote;

public static unsafe partial class LabelVote
{
    private const int ThreadsPerBlock = 256, ThreadsPerGroup = 32;

    /// <summary>Counters of so many groups at a time: they stay in the L2 cache of an A100 (40 MB), where the atomic additions are done.</summary>
    private const int CounterBytes = 32 << 20;

    private static void ForwardCuda(CudaDevice device, ReadOnlySpan<int> groups, ReadOnlySpan<byte> labels, Span<byte> modes, Span<int> votes, Span<int> voters)
    {
        int classes = 0;
        foreach (byte label in labels)
            if (label != None) classes = Math.Max(classes, label + 1);
        if (classes == 0) return;
        int atOnce = Math.Min(CounterBytes / sizeof(int) / classes, modes.Length);
        using var groupOf = new CudaValues<int>(device, groups);
        using var labelOf = new CudaValues<byte>(device, labels);
        using var counts = new CudaValues<int>(device, atOnce * classes); // (groups, classes)
        using var modeOf = new CudaValues<byte>(device, modes.Length);
        using CudaValues<int> votesOf = new(device, modes.Length), votersOf = new(device, modes.Length);
        for (int first = 0; first < modes.Length; first += atOnce)
        {
            int count = Math.Min(atOnce, modes.Length - first);
            counts.Clear();
            KernelArguments arguments = default;
            arguments.Add(groupOf.Pointer).Add(labelOf.Pointer).Add((long)labels.Length).Add((long)first).Add((long)count).Add((long)classes).Add(counts.Pointer);
            device.Launch("label_vote", "label_vote_counts", new LaunchShape(device.BlocksFor(labels.Length, ThreadsPerBlock), ThreadsPerBlock), ref arguments);

            arguments = default;
            arguments.Add(counts.Pointer).Add((long)count).Add((long)classes).Add(modeOf.Pointer + first).Add(votesOf.Pointer + first).Add(votersOf.Pointer + first);
            device.Launch("label_vote", "label_vote_modes", new LaunchShape(device.BlocksFor((long)count * ThreadsPerGroup, ThreadsPerBlock), ThreadsPerBlock), ref arguments);
        }
        modeOf.CopyTo(modes);
        if (!votes.IsEmpty) votesOf.CopyTo(votes);
        if (!voters.IsEmpty) votersOf.CopyTo(voters);
    }
}
