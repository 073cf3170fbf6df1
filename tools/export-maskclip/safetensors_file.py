"""Reads a .safetensors file: 8 bytes with the header's length, the header as JSON, then the tensors' bytes.

Strict: every offset is checked before a tensor is made, tensors may neither overlap nor leave gaps.
"""

import json
import math
import struct
from pathlib import Path

import torch

MAX_HEADER = 100_000_000  # bytes; the format's own limit
TYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
    "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}


class SafetensorsError(ValueError):
    pass


def unique(pairs):
    """A JSON object that may name nothing twice."""
    content = dict(pairs)
    if len(content) != len(pairs):
        raise SafetensorsError("the header names a tensor twice")
    return content


def read_header(file, size):
    if size < 8:
        raise SafetensorsError(f"expected at least 8 bytes, found {size}")
    (length,) = struct.unpack("<Q", file.read(8))
    if length > min(MAX_HEADER, size - 8):
        raise SafetensorsError(f"offset 0: a header of {length} bytes in a file of {size}")
    try:
        header = json.loads(file.read(length).decode("utf-8"), object_pairs_hook=unique)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise SafetensorsError(f"offset 8: the header is no JSON: {error}") from None
    if not isinstance(header, dict):
        raise SafetensorsError("offset 8: the header is no JSON object")
    header.pop("__metadata__", None)
    return header, 8 + length


def whole(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def read_entry(name, entry):
    """(begin, end, type, shape) of a header's entry."""
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise SafetensorsError(f"tensor '{name}': expected dtype, shape and data_offsets")
    if not isinstance(entry["dtype"], str) or entry["dtype"] not in TYPES:
        raise SafetensorsError(f"tensor '{name}': expected one of {', '.join(TYPES)}, found {entry['dtype']!r}")
    shape, offsets = entry["shape"], entry["data_offsets"]
    if not isinstance(shape, list) or not all(map(whole, shape)):
        raise SafetensorsError(f"tensor '{name}': the shape {shape!r} is no list of extents")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(map(whole, offsets)):
        raise SafetensorsError(f"tensor '{name}': the offsets {offsets!r} are no pair of positions")
    kind = TYPES[entry["dtype"]]
    wanted = math.prod(shape) * torch.empty(0, dtype=kind).element_size()
    if offsets[1] - offsets[0] != wanted:
        raise SafetensorsError(f"tensor '{name}': expected {wanted} bytes for shape {shape}, found offsets {offsets}")
    return offsets[0], offsets[1], kind, shape


def read_safetensors(path):
    """The tensors by name. Raises SafetensorsError, which names the place, for anything that is not exactly this format."""
    path = Path(path)
    size = path.stat().st_size
    with path.open("rb") as file:
        header, start = read_header(file, size)
        entries = [(*read_entry(name, entry), name) for name, entry in header.items()]
        entries.sort(key=lambda entry: entry[:2])
        at = 0
        for begin, end, _, _, name in entries:
            if begin != at:
                raise SafetensorsError(f"tensor '{name}': begins at {begin}, the tensor before it ends at {at}")
            at = end
        if start + at != size:
            raise SafetensorsError(f"the tensors end at {start + at}, the file at {size}")
        tensors = {}
        for begin, end, kind, shape, name in entries:
            file.seek(start + begin)
            content = bytearray(file.read(end - begin))
            tensors[name] = torch.frombuffer(content, dtype=kind).reshape(shape) if content else torch.empty(shape, dtype=kind)
        return tensors
