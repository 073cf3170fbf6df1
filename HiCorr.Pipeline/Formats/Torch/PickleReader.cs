using System.Buffers.Binary;
using System.Text;

namespace HiCorr.Pipeline.Formats.Torch;

/// <summary>
/// Reads the pickle of a PyTorch checkpoint as data. It knows the operations that containers, numbers, strings and tensors need and the few
/// names that torch.save writes for them; anything else is an error, and nothing is ever called.
/// </summary>
internal sealed class PickleReader(string file, byte[] bytes)
{
    private const int DeepestNesting = 64;
    private readonly List<object?> _stack = [];
    private readonly Dictionary<uint, object?> _memo = [];
    private int _position;
    private int _operation; // offset of the operation being done

    /// <summary>The object that the pickle holds.</summary>
    /// <exception cref="ArtefactException">The pickle is damaged or holds something other than plain data and tensors.</exception>
    public object? Read()
    {
        while (true)
        {
            _operation = _position;
            byte code = Byte();
            if (code == '.') return Pop();
            Do(code);
        }
    }

    private void Do(byte code)
    {
        switch (code)
        {
            case 0x80: Byte(); break; // PROTO
            case 0x95: Take(8); break; // FRAME
            case (byte)'N': Push(null); break;
            case 0x88: Push(true); break;
            case 0x89: Push(false); break;
            case (byte)'K': Push((long)Byte()); break;
            case (byte)'M': Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case (byte)'J': Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case 0x8a: Push(Long(Take(Byte()))); break;
            case (byte)'G': Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case (byte)'X': Push(Encoding.UTF8.GetString(Take(Length(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))))); break;
            case 0x8c: Push(Encoding.UTF8.GetString(Take(Byte()))); break;
            case (byte)'q': _memo[Byte()] = Top(); break;
            case (byte)'r': _memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Top(); break;
            case 0x94: _memo[(uint)_memo.Count] = Top(); break;
            case (byte)'h': Push(Memo(Byte())); break;
            case (byte)'j': Push(Memo(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
            case (byte)'(': Push(PickleMark.Instance); break;
            case (byte)')': Push(Array.Empty<object?>()); break;
            case (byte)'t': Push(PopToMark()); break;
            case 0x85: Push(PopSeveral(1)); break;
            case 0x86: Push(PopSeveral(2)); break;
            case 0x87: Push(PopSeveral(3)); break;
            case (byte)'}': Push(new PickleDictionary()); break;
            case (byte)']': Push(new List<object?>()); break;
            case (byte)'s': SetItems(PopSeveral(2)); break;
            case (byte)'u': SetItems(PopToMark()); break;
            case (byte)'a': Append(PopSeveral(1)); break;
            case (byte)'e': Append(PopToMark()); break;
            case (byte)'b': Pop(); break; // BUILD: attributes of a container (_metadata), which say nothing about values
            case (byte)'c': Push(new PickleGlobal(Line(), Line())); break;
            case 0x93: PushStackGlobal(); break;
            case (byte)'Q': Push(Storage(Pop())); break;
            case (byte)'R': Reduce(); break;
            default: throw Bad("an operation of a plain state dict", $"operation 0x{code:x2}");
        }
    }

    private void Reduce()
    {
        if (Pop() is not object?[] arguments || Pop() is not PickleGlobal function) throw Bad("a name and its arguments", "something else");
        Push((function.ToString(), arguments) switch
        {
            ("collections.OrderedDict", []) => new PickleDictionary(),
            ("torch._utils._rebuild_parameter", [PickleTensor tensor, ..]) => tensor,
            ("torch._utils._rebuild_tensor_v2", [PickleStorage storage, long offset, object?[] sizes, object?[] strides, ..]) =>
                new PickleTensor(storage, offset, Numbers(sizes), Numbers(strides)),
            _ => throw Bad("tensors and containers only", $"'{function}'", "Save the plain state dict: torch.save(model.state_dict(), file)"),
        });
    }

    private PickleStorage Storage(object? id) =>
        id is object?[] and ["storage", PickleGlobal type, string key, string, long count]
            ? new PickleStorage(type, key, count)
            : throw Bad("a reference to a storage", "something else");

    private void SetItems(object?[] items)
    {
        if (Top() is not PickleDictionary dictionary || items.Length % 2 != 0) throw Bad("keys and values for a dictionary", "something else");
        for (int i = 0; i < items.Length; i += 2) dictionary.Items.Add((items[i], items[i + 1]));
    }

    private void Append(object?[] items)
    {
        if (Top() is not List<object?> list) throw Bad("a list to append to", "something else");
        list.AddRange(items);
    }

    private void PushStackGlobal()
    {
        if (Pop() is not string name || Pop() is not string module) throw Bad("a module and a name", "something else");
        Push(new PickleGlobal(module, name));
    }

    private long[] Numbers(object?[] values)
    {
        if (values.Length > DeepestNesting) throw Bad($"at most {DeepestNesting} dimensions", $"{values.Length}");
        long[] numbers = new long[values.Length];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = values[i] is long number ? number : throw Bad("a whole number", "something else");
        return numbers;
    }

    private long Long(ReadOnlySpan<byte> digits)
    {
        if (digits.Length > 8) throw Bad("a number of at most 8 bytes", $"{digits.Length} bytes");
        long value = digits.Length > 0 && (digits[^1] & 0x80) != 0 ? -1 : 0;
        for (int i = digits.Length - 1; i >= 0; i--) value = (value << 8) | digits[i];
        return value;
    }

    private object?[] PopToMark()
    {
        int mark = _stack.LastIndexOf(PickleMark.Instance);
        if (mark < 0) throw Bad("a mark on the stack", "none");
        object?[] items = _stack.GetRange(mark + 1, _stack.Count - mark - 1).ToArray();
        _stack.RemoveRange(mark, _stack.Count - mark);
        return items;
    }

    private object?[] PopSeveral(int count)
    {
        if (_stack.Count < count) throw Bad($"{count} values on the stack", $"{_stack.Count}");
        object?[] items = _stack.GetRange(_stack.Count - count, count).ToArray();
        _stack.RemoveRange(_stack.Count - count, count);
        return items;
    }

    private object? Pop() => PopSeveral(1)[0];

    private object? Top() => _stack.Count > 0 ? _stack[^1] : throw Bad("a value on the stack", "none");

    private void Push(object? value) => _stack.Add(value);

    private object? Memo(uint index) => _memo.TryGetValue(index, out object? value) ? value : throw Bad("a value remembered before", $"number {index}");

    private string Line()
    {
        int end = Array.IndexOf(bytes, (byte)'\n', _position);
        if (end < 0) throw Bad("a line", "the end of the pickle");
        string line = Encoding.ASCII.GetString(bytes, _position, end - _position);
        _position = end + 1;
        return line;
    }

    private int Length(uint length) => length <= int.MaxValue ? (int)length : throw Bad("a length below 2 GiB", $"{length}");

    private byte Byte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > bytes.Length - _position) throw Bad($"{count} bytes more", $"{bytes.Length - _position}");
        _position += count;
        return bytes.AsSpan(_position - count, count);
    }

    private ArtefactException Bad(string expected, string found, string? hint = null) => new(file, $"data.pkl offset {_operation}", expected, found, hint);
}
