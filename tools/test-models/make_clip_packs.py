#!/usr/bin/python3
"""Writes HiCorr.Tests/Data/clip/packs: model packs that tools/export-maskclip makes of the towers of make_clip.py.

    /usr/bin/python3 tools/test-models/make_clip_packs.py

What the packs have to give lies beside those towers' own exports: clip/fused-quick, clip/half-cast, clip/resnet and clip/text.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).resolve().parents[1] / "export-maskclip"))

from clip_models import ModifiedResNet, OpenAiClip, TextTransformer, randomise
from export import export, parse
from make_clip import FOLDER, RESNET, TEXT, vision_tower, vocabulary


def write(name, visual, *options):
    text = randomise(TextTransformer(**TEXT, words=len(vocabulary()), quick=True), seed=2)
    shutil.rmtree(FOLDER / "packs" / name, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / f"{name}.pt"
        torch.save(OpenAiClip(visual, text).state_dict(), weights)
        export(parse(["--weights", str(weights), "--out", str(FOLDER / "packs" / name), "--tokenizer", str(FOLDER / "tokenizer"),
                      "--activation", "quick", "--text-heads", "2", *options]))


def main():
    torch.set_num_threads(1)
    write("vit", vision_tower(quick=True), "--heads", "3")
    write("vit-half", vision_tower(quick=True, half=True), "--heads", "3", "--half")
    write("resnet", randomise(ModifiedResNet(**RESNET), seed=3))


if __name__ == "__main__":
    main()
