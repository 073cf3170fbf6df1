"""The class names of the closed set, and the prompts that describe them."""

from pathlib import Path

# ScanNet-20 in the benchmark's order.
SCANNET20 = [
    "wall", "floor", "cabinet", "bed", "chair", "sofa", "table", "door", "window", "bookshelf", "picture", "counter",
    "desk", "curtain", "refrigerator", "shower curtain", "toilet", "sink", "bathtub", "other furniture",
]

# How far export and evaluation take the classes' prior out of the scores, unless told.
BALANCE = 0.7

# In nearly every indoor photo: easily learned, and not what a caption is about.
BACKGROUND = {"wall", "floor"}

MODELS = Path(__file__).resolve().parents[2] / "models"
TEMPLATES = MODELS / "mini-clip" / "templates.txt"


def read_templates(path):
    """Prompt templates, one a line with {} where the name goes; empty lines and lines that start with # are skipped."""
    lines = [line.strip() for line in Path(path).read_text(encoding="utf-8").splitlines()]
    templates = [line for line in lines if line and not line.startswith("#")]
    for line in templates:
        if line.count("{}") != 1:
            raise SystemExit(f"{path}: expected one {{}} in every template, found '{line}'")
    if not templates:
        raise SystemExit(f"{path}: expected at least one template, found none")
    return templates
