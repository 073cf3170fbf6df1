using HiCorr.Native.Cuda;
using HiCorr.Native.Devices;
using HiCorr.Native.Ops.LabelVote;
using HiCorr.Native.Random;
using HiCorr.Tests.Native.Cuda;

namespace HiCorr.Tests.Native.Ops.Cuda;

public sealed class LabelVoteKernelTests
{
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Modes_votes_and_voters_are_the_cpus(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        foreach ((int labels, int groups, int classes) in new[]
        {
            (0, 0, 3), (0, 5, 3), (1, 1, 1), (9, 3, 3), (257, 8, 31), (3000, 255, 32), (3001, 257, 33), (5000, 700, 255), (name == KernelDevices.Gpu ? 5_000_000 : 400, 300, 20),
        })
            AssertSame(device, labels, groups, classes);
    }

    /// <summary>33,000 groups of 254 classes have more counters than are made at a time.</summary>
    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Counts_more_groups_than_there_are_counters_for(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        AssertSame(device, 3000, 33_100, 254);
    }

    [Theory]
    [MemberData(nameof(KernelDevices.All), MemberType = typeof(KernelDevices))]
    public void Gives_no_label_where_none_votes(string name)
    {
        using CudaDevice device = KernelDevices.Open(name);
        int[] voters = [7, 7];
        Assert.Equal([LabelVote.None, LabelVote.None], LabelVote.Forward(device, [0, 1, 1], [LabelVote.None, LabelVote.None, LabelVote.None], 2, default, voters));
        Assert.Equal([0, 0], voters);
    }

    private static void AssertSame(CudaDevice device, int count, int groupCount, int classes)
    {
        var random = new CounterRandom(3, "votes");
        // Few labels a group, so that many tie; a tenth without label.
        int[] groups = [.. Enumerable.Range(0, count).Select(i => random.Integer(3 * (ulong)i, groupCount))];
        byte[] labels = [.. Enumerable.Range(0, count).Select(i => (3 * (ulong)i) + 1).Select(i => random.Integer(i, 10) == 0 ? LabelVote.None : (byte)random.Integer(i + 1, classes))];
        int[] votes = new int[groupCount], voters = new int[groupCount], kernelVotes = new int[groupCount], kernelVoters = new int[groupCount];

        byte[] modes = LabelVote.Forward(CpuDevice.Default, groups, labels, groupCount, votes, voters);
        byte[] kernelModes = LabelVote.Forward(device, groups, labels, groupCount, kernelVotes, kernelVoters);

        Assert.Equal(modes, kernelModes);
        Assert.Equal(votes, kernelVotes);
        Assert.Equal(voters, kernelVoters);
        Assert.Equal(modes, LabelVote.Forward(device, groups, labels, groupCount));
    }
}
