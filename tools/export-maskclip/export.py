#!/usr/bin/python3
"""Writes a MaskCLIP model pack from PyTorch weights of CLIP.

    /usr/bin/python3 tools/export-maskclip/export.py --weights ViT-B-16.pt --tokenizer bpe_simple_vocab_16e6.txt.gz --out packs/vit-b16
"""

import argparse
import sys
from pathlib import Path

from graph import resnet_graph, text_graph, transformer_graph
from layout import ModifiedResNet, read_towers
from pack import check_vocabulary, describe, find_tokenizer, write_pack
from weights import ExportError, load_weights

CLIP_MEAN, CLIP_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
EPSILON = 1e-5  # of OpenAI's layer norms
COMPAT_EPSILON = 1e-6  # of CLIP2Scene's copy of the network


def choose_activation(options, weights):
    if options.activation:
        return options.activation == "quick"
    if weights.quick is None:
        raise ExportError(f"{weights.path}: nothing says whether this network has QuickGELU or GELU. Give --activation quick (OpenAI's weights "
                          "and open_clip's '-quickgelu' models) or --activation gelu (open_clip's other models)")
    return weights.quick


def choose_size(options, image):
    """The input's width and height: the network's own square where no option says otherwise."""
    own = image.grid * image.stride
    size = options.width or own, options.height or own
    for name, side in zip(("width", "height"), size):
        if side < 1 or side % image.stride:
            raise ExportError(f"--{name}: expected a multiple of {image.stride}, found {side}")
    return size


def colours(values, fallback, path):
    if values is None:
        return fallback
    if not isinstance(values, list) or len(values) != 3 or not all(isinstance(v, (int, float)) for v in values):
        raise ExportError(f"{path}: expected three numbers as mean and as deviation of the images, found {values!r}")
    return values


def export(options):
    weights = load_weights(options.weights)
    weights.heads = options.heads or weights.heads
    weights.text_heads = options.text_heads or weights.text_heads
    image, text, scale = read_towers(weights)
    tokenizer = find_tokenizer(options.tokenizer, weights.files)
    check_vocabulary(tokenizer, len(text.tokens))
    if options.templates and not Path(options.templates).is_file():
        raise ExportError(f"{options.templates}: no such file")
    resnet, compat = isinstance(image, ModifiedResNet), options.compat == "clip2scene"
    if compat and resnet:
        raise ExportError("--compat clip2scene: CLIP2Scene has a vision transformer, these weights a ResNet")
    width, height = choose_size(options, image)
    quick, epsilon = choose_activation(options, weights), weights.epsilon or EPSILON
    if resnet:
        visual = resnet_graph(image, options.half)
    elif compat:
        visual = transformer_graph(image, False, COMPAT_EPSILON, options.half)
    else:
        visual = transformer_graph(image, quick, epsilon, options.half)
    mean = [0, 0, 0] if compat else colours(weights.mean, CLIP_MEAN, weights.path.parent)
    std = [1, 1, 1] if compat else colours(weights.std, CLIP_STD, weights.path.parent)
    place = next(iter(tokenizer)).split("/")[0]
    source = {"script": "tools/export-maskclip/export.py", "weights": weights.path.name,
              "activation": "quick" if quick and not compat else "gelu", **({"compat": options.compat} if compat else {})}
    manifest = describe(image, options.name or Path(options.out).name, mean, std, scale, width, height, len(text.position), place,
                        options.templates, options.half, source)
    graphs = {"visual.onnx": visual, "text.onnx": text_graph(text, quick, epsilon, options.half)}
    write_pack(options.out, manifest, graphs, tokenizer, options.templates)
    return image


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", required=True, help="a weight file, or a folder of the Hugging Face hub")
    parser.add_argument("--out", required=True, help="the pack's folder, which must not exist yet")
    parser.add_argument("--tokenizer", help="bpe_simple_vocab_16e6.txt.gz, or a folder with it or with vocab.json and merges.txt")
    parser.add_argument("--templates", help="prompt templates, one a line with {} for the class; without it HiCorr's own are used")
    parser.add_argument("--activation", choices=("quick", "gelu"), help="where the weights do not tell")
    parser.add_argument("--heads", type=int, help="attention heads of the image tower, where its width does not tell")
    parser.add_argument("--text-heads", type=int, help="those of the text tower")
    parser.add_argument("--width", type=int, help="the input's width in pixels; default the network's own")
    parser.add_argument("--height", type=int)
    parser.add_argument("--half", action="store_true", help="store weights as float16; the graphs compute in float32")
    parser.add_argument("--compat", choices=("clip2scene",), help="CLIP2Scene's quirks: colours 0 to 1 as they are, GELU, epsilon 1e-6")
    parser.add_argument("--name", help="the pack's name in messages")
    return parser.parse_args(arguments)


def main():
    options = parse()
    try:
        image = export(options)
    except (ExportError, OverflowError) as error:
        sys.exit(f"error: {error}")
    print(f"{options.out}: {image.name}, {image.dimension} features a cell of {image.stride}x{image.stride} pixels")


if __name__ == "__main__":
    main()
