#!/usr/bin/python3
"""Writes HiCorr.Tests/Data/tiny-text/text.onnx: a text tower in the space of Data/tiny-pack (mean colours), with the vocabulary of Data/clip-tokens.

    /usr/bin/python3 tools/test-models/make_tiny_text.py

The embedding of a text is the sum of what its tokens stand for; colours' names sum up to the colour, templates and other words to nothing. A test can
say by hand what a name's embedding is. Needs python3-onnx and numpy.
"""
import json
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from make_clip_tokens import tokenize

CONTEXT = 77
# "green" holds the token "re" of "red".
TOKENS = {"re": (1, 0, 0), "g": (-1, 1, 0), "b": (0, 0, 1), "y": (2, 2, 0)}
TEXTS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "yellow": (2, 2, 0), "a blue in a scene": (0, 0, 1), "it is": (0, 0, 0)}

data = pathlib.Path(__file__).resolve().parents[2] / "HiCorr.Tests" / "Data"
vocabulary = json.loads((data / "clip-tokens" / "vocab.json").read_text("utf-8"))
merges = [tuple(line.split()) for line in (data / "clip-tokens" / "merges.txt").read_text("utf-8").splitlines()[1:]]
table = np.zeros((len(vocabulary), 3), np.float32)
for token, colour in TOKENS.items():
    table[vocabulary[token]] = colour
for text, colour in TEXTS.items():
    assert (table[tokenize(text, vocabulary, {pair: i for i, pair in enumerate(merges)})].sum(0) == colour).all(), text

nodes = [
    helper.make_node("Gather", ["table", "input_ids"], ["colours"], axis=0),
    helper.make_node("ReduceSum", ["colours", "axes"], ["text_embeds"], keepdims=0),
]
graph = helper.make_graph(
    nodes,
    "colour_names",
    [helper.make_tensor_value_info("input_ids", TensorProto.INT32, [4, CONTEXT])],
    [helper.make_tensor_value_info("text_embeds", TensorProto.FLOAT, [4, 3])],
    [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.array([1], np.int64), "axes")],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
onnx.checker.check_model(model)
(data / "tiny-text").mkdir(exist_ok=True)
(data / "tiny-text" / "text.onnx").write_bytes(model.SerializeToString())
