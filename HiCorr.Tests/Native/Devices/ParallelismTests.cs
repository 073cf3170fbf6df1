using HiCorr.Native.Devices;

namespace HiCorr.Tests.Native.Devices;

public sealed unsafe class ParallelismTests
{
    private readonly struct Count(int* visits) : IParallelBlock
    {
        public void Execute(int index) => Interlocked.Increment(ref visits[index]);
    }

    private readonly struct Fail : IParallelBlock
    {
        public void Execute(int index)
        {
            if (index == 57) throw new InvalidOperationException("block 57");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void Does_every_block_once(int threads)
    {
        using var parallelism = new Parallelism(threads);
        int* visits = stackalloc int[1000];

        for (int i = 0; i < 200; i++) parallelism.For(1000, new Count(visits));

        Assert.All(new ReadOnlySpan<int>(visits, 1000).ToArray(), count => Assert.Equal(200, count));
    }

    [Fact]
    public void Passes_a_blocks_exception_on_and_stays_usable()
    {
        using var parallelism = new Parallelism(4);
        int* visits = stackalloc int[10];

        var error = Assert.Throws<InvalidOperationException>(() => parallelism.For(100, default(Fail)));
        parallelism.For(10, new Count(visits));

        Assert.Equal("block 57", error.Message);
        Assert.All(new ReadOnlySpan<int>(visits, 10).ToArray(), count => Assert.Equal(1, count));
    }

    [Fact]
    public void Serves_callers_on_several_threads_one_after_the_other()
    {
        using var parallelism = new Parallelism(3);
        int[] visits = new int[64];
        fixed (int* pointer = visits)
        {
            int* shared = pointer;
            Thread[] callers = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
            {
                for (int i = 0; i < 100; i++) parallelism.For(64, new Count(shared));
            }))];
            foreach (Thread caller in callers) caller.Start();
            foreach (Thread caller in callers) caller.Join();
        }

        Assert.All(visits, count => Assert.Equal(400, count));
    }

    [Fact]
    public void Starting_a_loop_allocates_nothing()
    {
        using var parallelism = new Parallelism(2);
        int* visits = stackalloc int[16];
        parallelism.For(16, new Count(visits));
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 100; i++) parallelism.For(16, new Count(visits));

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void The_widest_path_is_one_that_this_processor_has() => Assert.True(SimdPaths.Has(SimdPaths.Best));
}
