"""Writes a model pack: model.json, visual.onnx, text.onnx, the tokenizer and the prompt templates."""

import json
import shutil
import tempfile
from pathlib import Path

import onnx

from graph import IR_VERSION, MAX_BYTES, OPSET
from weights import ExportError

TOKENIZER_FOLDER, TOKENIZER_FILES = "tokenizer", ("vocab.json", "merges.txt")
TOKENIZER_ARCHIVE = "bpe_simple_vocab_16e6.txt.gz"
ARCHIVE_WORDS = 49408  # CLIP's vocabulary: 256 bytes twice, 48,894 merges, start and end


def find_tokenizer(given, beside):
    """Source files of the tokenizer by their place in the pack."""
    if given is None:
        files = beside
    else:
        given = Path(given)
        if given.is_file():
            return {TOKENIZER_ARCHIVE: given}
        files = {name: given / name for name in TOKENIZER_FILES if (given / name).is_file()}
        if not files and (given / TOKENIZER_ARCHIVE).is_file():
            return {TOKENIZER_ARCHIVE: given / TOKENIZER_ARCHIVE}
    if set(files) != set(TOKENIZER_FILES):
        raise ExportError(f"{given or 'tokenizer'}: expected a folder with vocab.json and merges.txt, or {TOKENIZER_ARCHIVE}, "
                          "found neither; give it with --tokenizer")
    return {f"{TOKENIZER_FOLDER}/{name}": path for name, path in files.items()}


def check_vocabulary(files, words):
    """The tokenizer has as many words as the text tower."""
    vocabulary = files.get(f"{TOKENIZER_FOLDER}/vocab.json")
    if vocabulary is None:
        count = ARCHIVE_WORDS
        vocabulary = files[TOKENIZER_ARCHIVE]
    else:
        try:
            count = len(json.loads(vocabulary.read_text(encoding="utf-8")))
        except ValueError as error:
            raise ExportError(f"{vocabulary}: expected JSON: {error}") from None
    if count != words:
        raise ExportError(f"{vocabulary}: expected {words} words, as the text tower has, found {count}")


def describe(image, name, mean, std, scale, width, height, context, tokenizer, templates, half, source):
    """The content of model.json; docs/model-packs.md has the table of fields."""
    text = {"file": "text.onnx", "tokenizer": tokenizer, "contextLength": context, "input": "input_ids", "output": "text_embeds"}
    if templates:
        text["templates"] = "templates.txt"
    return {
        "name": name,
        "description": f"MaskCLIP features of {image.name}" + (", weights stored as float16" if half else ""),
        "file": "visual.onnx",
        "onnx": {"opset": OPSET, "irVersion": IR_VERSION},
        "input": {
            "name": "image", "type": "float32", "shape": [-1, 3, -1, -1], "layout": "NCHW", "colorOrder": "RGB",
            "width": width, "height": height, "resizable": True, "range": [0, 1], "mean": mean, "std": std, "resize": "pad",
        },
        "outputs": [
            {"name": "features", "role": "denseFeatures", "type": "float32", "shape": [-1, image.dimension, -1, -1]},
            {"name": "keys", "role": "lastLayerKeys", "type": "float32", "shape": [-1, image.key_width, -1, -1]},
        ],
        "stride": image.stride,
        "embeddingDimension": image.dimension,
        "similarity": "cosine",
        "normalizeFeatures": True,
        "logitScale": scale,
        "text": text,
        "source": source,
    }


def write_graph(model, path, max_bytes=MAX_BYTES):
    """Writes a graph; weights of more than max_bytes go to a file beside it."""
    size = sum(len(tensor.raw_data) for tensor in model.graph.initializer)
    if size <= max_bytes:
        onnx.checker.check_model(model, full_check=True)
        path.write_bytes(model.SerializeToString())
        return
    onnx.save_model(model, str(path), save_as_external_data=True, all_tensors_to_one_file=True, location=path.name + ".data")
    onnx.checker.check_model(str(path))


def write_pack(out, manifest, graphs, tokenizer, templates):
    """Writes the pack under its final name only when it is complete."""
    out = Path(out)
    if out.exists():
        raise ExportError(f"{out}: exists already; remove it or choose another --out")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=out.name + ".", dir=out.parent) as temporary:
        folder = Path(temporary) / "pack"
        (folder / TOKENIZER_FOLDER).mkdir(parents=True) if any("/" in place for place in tokenizer) else folder.mkdir()
        for place, source in tokenizer.items():
            shutil.copyfile(source, folder / place)
        if templates:
            shutil.copyfile(templates, folder / "templates.txt")
        for name, model in graphs.items():
            write_graph(model, folder / name)
        (folder / "model.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        folder.rename(out)
