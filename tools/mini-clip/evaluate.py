"""Dense quality of a trained mini-clip on scenes in ScanNet's layout: labels of 2D frames against labelled vertices.

    python3 tools/mini-clip/evaluate.py --model OUT/model.pt --scenes DIR [--split val] [--pictures FOLDER]

Every vertex of `scans/<scene>/<scene>_vh_clean_2.labels.ply` is projected into every frame (depth within 5 cm); it
takes the frame's label there (bilinear scores, argmax). Two confusion matrices: all (vertex, frame) pairs, and one
vote a vertex (majority over frames, ties to the smaller class). mIoU over the classes that occur.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from classes import BALANCE, SCANNET20, TEMPLATES, read_templates
from model import class_bias, class_embeddings, load_model

NYU40 = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 24, 28, 33, 34, 36, 39]
TOLERANCE = 0.05
PLY_TYPES = {"float": "<f4", "uchar": "u1", "ushort": "<u2", "int": "<i4", "double": "<f8", "short": "<i2"}


def read_vertices(path):
    """Positions (N, 3) and NYU40 labels (N,) of a binary little-endian labels.ply."""
    with open(path, "rb") as file:
        fields, count, element = [], 0, None
        while (line := file.readline().decode("ascii").split()) != ["end_header"]:
            if not line:
                raise SystemExit(f"{path}: header has no end_header")
            if line[0] == "element":
                element = line[1]
                count = int(line[2]) if element == "vertex" else count
            elif line[0] == "property" and element == "vertex":
                fields.append((line[2], PLY_TYPES[line[1]]))
        vertices = np.fromfile(file, np.dtype(fields), count)
    return np.stack([vertices["x"], vertices["y"], vertices["z"]], 1).astype(np.float64), vertices["label"]


def visible_pixels(points, pose, intrinsics, depth, width, height):
    """Indices of the points that a frame sees, and their pixel (column, row) in the colour image."""
    camera = (points - pose[:3, 3]) @ pose[:3, :3]
    z = camera[:, 2]
    ahead = z > 0
    safe = np.where(ahead, z, 1)
    u = intrinsics[0, 0] * camera[:, 0] / safe + intrinsics[0, 2]
    v = intrinsics[1, 1] * camera[:, 1] / safe + intrinsics[1, 2]
    inside = ahead & (u >= 0) & (u <= width - 1) & (v >= 0) & (v <= height - 1)
    index = np.flatnonzero(inside)
    column, row = np.rint(u[index]).astype(int), np.rint(v[index]).astype(int)
    depth_row = np.minimum(row * depth.shape[0] // height, depth.shape[0] - 1)
    depth_column = np.minimum(column * depth.shape[1] // width, depth.shape[1] - 1)
    near = np.abs(depth[depth_row, depth_column] - z[index]) <= TOLERANCE
    return index[near], column[near], row[near]


def fit_into(image, width, height):
    """Image (3, H, W) scaled to fit width x height with its aspect kept, zero padding right and below; and the size
    of the scaled picture inside."""
    scale = min(width / image.shape[2], height / image.shape[1])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[2] * scale)))
    if size != tuple(image.shape[1:]):
        image = F.interpolate(image[None], size, mode="bilinear", align_corners=False, antialias=scale < 1)[0]
    return F.pad(image, (0, width - size[1], 0, height - size[0])), size


def label_map(model, content, rows, bias, pixels, width, height):
    """Class index for every pixel of an RGB picture (H, W, 3) uint8."""
    mean, std = (torch.tensor(content[key])[:, None, None] for key in ("mean", "std"))
    image = (torch.from_numpy(pixels).permute(2, 0, 1).float() / 255 - mean) / std
    image, size = fit_into(image, width, height)
    with torch.no_grad():
        features, _ = model.image.dense_mirrored(image[None])
    scores = torch.einsum("bdhw,cd->bchw", F.normalize(features, dim=1), rows) + bias[:, None, None]
    scores = F.interpolate(scores, (height, width), mode="bilinear", align_corners=False)[:, :, : size[0], : size[1]]
    return F.interpolate(scores, pixels.shape[:2], mode="bilinear", align_corners=False)[0].argmax(0).numpy()


def intersection_over_union(confusion):
    """IoU per class, NaN where a class is in neither truth nor prediction."""
    hit = np.diag(confusion)
    union = confusion.sum(0) + confusion.sum(1) - hit
    return np.where(union > 0, hit / np.maximum(union, 1), np.nan)


def evaluate(options):
    torch.set_num_threads(options.threads)
    model, vocabulary, content = load_model(options.model)
    rows = class_embeddings(model, vocabulary, SCANNET20, read_templates(options.templates))
    bias = class_bias(content, options.balance)
    root = Path(options.scenes)
    names = (root / f"scannetv2_{options.split}.txt").read_text().split()
    index_of = np.full(65536, -1)
    index_of[NYU40] = np.arange(20)
    pairs, voted = np.zeros((20, 20), np.int64), np.zeros((20, 20), np.int64)
    for name in names:
        points, nyu = read_vertices(root / "scans" / name / f"{name}_vh_clean_2.labels.ply")
        truth = index_of[nyu]
        votes = np.zeros((len(points), 20), np.int32)
        folder = root / "scannet_frames_25k" / name
        intrinsics = np.loadtxt(folder / "intrinsics_color.txt")
        for file in sorted((folder / "color").glob("*.jpg"))[:: options.every]:
            pose = np.loadtxt(folder / "pose" / f"{file.stem}.txt")
            if not np.isfinite(pose).all():
                continue
            pixels = np.array(Image.open(file).convert("RGB"))
            depth = np.array(Image.open(folder / "depth" / f"{file.stem}.png")).astype(np.float64) / 1000
            labels = label_map(model, content, rows, bias, pixels, options.width, options.height)
            seen, column, row = visible_pixels(points, pose, intrinsics, depth, pixels.shape[1], pixels.shape[0])
            votes[seen, labels[row, column]] += 1
            known = truth[seen] >= 0
            np.add.at(pairs, (truth[seen][known], labels[row, column][known]), 1)
            if options.pictures:
                save_picture(Path(options.pictures) / f"{name}-{file.stem}.png", pixels, labels)
        known = (truth >= 0) & (votes.sum(1) > 0)
        np.add.at(voted, (truth[known], votes[known].argmax(1)), 1)
    report(pairs, voted, options)


def report(pairs, voted, options):
    per_pair, per_vertex = intersection_over_union(pairs), intersection_over_union(voted)
    for i, name in enumerate(SCANNET20):
        print(f"{name:16s} {100 * per_pair[i]:6.1f} {100 * per_vertex[i]:6.1f}   share {100 * voted[i].sum() / voted.sum():5.1f}"
              f"  taken for {SCANNET20[int((voted[i] - np.eye(20, dtype=int)[i] * voted[i]).argmax())]}")
    result = {
        "pairs": {"miou": float(np.nanmean(per_pair)), "accuracy": float(np.trace(pairs) / pairs.sum())},
        "vertices": {"miou": float(np.nanmean(per_vertex)), "accuracy": float(np.trace(voted) / voted.sum())},
        "iou": {name: None if np.isnan(x) else float(x) for name, x in zip(SCANNET20, per_vertex)},
    }
    print("mIoU per pair {:.1f} %, per vertex {:.1f} %; accuracy {:.1f} %, {:.1f} %".format(
        *(100 * result[k][m] for m in ("miou", "accuracy") for k in ("pairs", "vertices"))))
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=2) + "\n")


def save_picture(path, pixels, labels):
    """The picture and its label map side by side."""
    hue = np.array([[(i * 67 + 40) % 256, (i * 151 + 90) % 256, (i * 211 + 20) % 256] for i in range(20)], np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate([pixels, (hue[labels] * 0.7 + pixels * 0.3).astype(np.uint8)], 1)).save(path)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--scenes", required=True, help="data set in ScanNet's layout, as `hicorr synth` writes it")
    parser.add_argument("--split", default="val")
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--height", type=int, default=96)
    parser.add_argument("--balance", type=float, default=BALANCE, help="how far the classes' prior is taken out, 0 to 1")
    parser.add_argument("--every", type=int, default=1, help="every how many frames one is used")
    parser.add_argument("--templates", default=TEMPLATES)
    parser.add_argument("--pictures", help="folder for label maps beside their frames")
    parser.add_argument("--json", help="file for the figures")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    evaluate(parse())
