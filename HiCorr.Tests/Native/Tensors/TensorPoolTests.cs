using HiCorr.Native.Random;
using HiCorr.Native.Tensors;

namespace HiCorr.Tests.Native.Tensors;

public sealed class TensorPoolTests : IDisposable
{
    private readonly TensorPool _pool = new(new HostMemorySpace());

    public void Dispose() => _pool.Dispose();

    [Fact]
    public void Tensors_do_not_overlap_whatever_the_order_they_come_and_go()
    {
        var random = new CounterRandom(1, "pool");
        var live = new List<(Tensor Tensor, float Mark)>();
        for (ulong i = 0; i < 3000; i++)
        {
            if (live.Count > 0 && random.Uniform(2 * i) < 0.48)
            {
                int index = random.Integer((2 * i) + 1, live.Count);
                (Tensor tensor, float mark) = live[index];
                Assert.Equal(-1, tensor.Span.IndexOfAnyExcept(mark));
                tensor.Dispose();
                live.RemoveAt(index);
                continue;
            }
            Tensor rented = _pool.Rent(random.Integer((2 * i) + 1, 60), 33);
            rented.Span.Fill(i);
            live.Add((rented, i));
        }

        foreach ((Tensor tensor, float mark) in live)
        {
            Assert.Equal(-1, tensor.Span.IndexOfAnyExcept(mark));
            tensor.Dispose();
        }
        Assert.Equal(0, _pool.BytesInUse);
        long reserved = _pool.BytesReserved;
        _pool.Rent(1, (int)(reserved / sizeof(float)) - 1024).Dispose(); // all ranges have merged again
        Assert.Equal(reserved, _pool.BytesReserved);
    }

    [Fact]
    public void Rows_start_at_multiples_of_64_bytes()
    {
        for (int columns = 1; columns < 40; columns++) Assert.Equal(0, Address(_pool.Rent(3, columns)) % 64);
    }

    [Fact]
    public void A_view_reads_and_writes_its_columns()
    {
        using Tensor whole = _pool.RentZeros(2, 5);
        Tensor view = whole.Slice(1, 3).Slice(1, 2);

        view.CopyFrom([1, 2, 3, 4]);

        Assert.Equal([0, 0, 1, 2, 0, 0, 0, 3, 4, 0], whole.ToArray());
        Assert.Equal([1, 2, 3, 4], view.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => whole.Slice(3, 3));
    }

    [Fact]
    public void A_tensor_cannot_be_used_after_it_was_given_back()
    {
        Tensor tensor = _pool.Rent(2, 2), view = tensor.Slice(0, 1);
        tensor.Dispose();
        tensor.Dispose();

        Assert.Throws<ObjectDisposedException>(() => tensor.Row(0));
        Assert.Throws<ObjectDisposedException>(() => view.Row(0));
        Assert.Equal(0, _pool.BytesInUse);
    }

    [Fact]
    public void Tensors_of_a_step_serve_the_next_one()
    {
        Tensor[] first = Step(), second = Step();

        Assert.Equal(first.ToHashSet<object>(ReferenceEqualityComparer.Instance), second.ToHashSet<object>(ReferenceEqualityComparer.Instance));

        Tensor[] Step()
        {
            using TensorStep step = _pool.BeginStep();
            using Tensor a = _pool.Rent(2, 4), b = _pool.Rent(3, 1);
            return [a, b, a.Slice(1, 2)];
        }
    }

    [Fact]
    public void A_tensor_that_was_given_back_cannot_be_used_while_its_step_lasts()
    {
        using TensorStep step = _pool.BeginStep();
        Tensor tensor = _pool.Rent(2, 2), view = tensor.Slice(0, 1);
        tensor.Dispose();

        using Tensor other = _pool.Rent(2, 2);
        tensor.Dispose();

        Assert.Throws<ObjectDisposedException>(() => tensor.Row(0));
        Assert.Throws<ObjectDisposedException>(() => view.Row(0));
        Assert.Equal(2, other.Row(0).Length);
    }

    [Fact]
    public void Tensors_and_views_that_live_on_outlive_their_step()
    {
        Tensor tensor, view;
        using (_pool.BeginStep())
        {
            tensor = _pool.RentZeros(2, 3);
            view = tensor.Slice(1, 2);
        }
        using (_pool.BeginStep()) _pool.Rent(1, 1).Dispose();
        using TensorStep step = _pool.BeginStep();
        using Tensor later = _pool.Rent(4, 4);

        view.Row(1)[0] = 5;

        Assert.Equal([0, 0, 0, 0, 5, 0], tensor.ToArray());
        Assert.NotSame(tensor, later);
        Assert.NotSame(view, later);
        tensor.Dispose();
    }

    private static unsafe long Address(Tensor tensor) => (long)tensor.Data;
}
