"""Writes the data sets of transfer.py: FOLDER/<split>/{train,test}/<class>/<number>.png, 80 % for training."""

import pathlib
import sys

import numpy as np
from PIL import Image, ImageDraw
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SPLITS = 5
SHAPES = ("circle", "cross", "ring", "square", "star", "triangle")


def digits():
    """1,797 handwritten digits of 8 x 8 pixels, 0 to 16."""
    data = load_digits()
    pictures = [Image.fromarray(np.round(image * 255 / 16).astype(np.uint8)) for image in data.images]
    return pictures, [str(label) for label in data.target]


def _corners(name, count, inner, random):
    """A regular polygon's corners, or a star's, turned by up to 20 degrees, around 0, 0."""
    turn = random.uniform(-0.35, 0.35) - np.pi / 2 + (np.pi / 4 if name == "square" else 0)
    radii = np.where(np.arange(count) % 2, inner, 1.0)
    angles = turn + 2 * np.pi * np.arange(count) / count
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)


def _draw(name, random):
    """One shape of random size, place, turn and colours over noise."""
    side = 96
    ground = random.integers(0, 256, 3)
    colour = (ground + random.integers(80, 176, 3)) % 256
    noise = random.normal(0, 12, (side, side, 3))
    picture = Image.fromarray(np.clip(ground + noise, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    radius = random.uniform(18, 32)
    centre = random.uniform(radius + 8, side - radius - 8, 2)
    fill = tuple(int(value) for value in colour)
    box = [*(centre - radius), *(centre + radius)]
    if name == "circle":
        draw.ellipse(box, fill=fill)
    elif name == "ring":
        draw.ellipse(box, outline=fill, width=int(radius / 3))
    elif name == "cross":
        for start, end in ((0, 2), (1, 3)):
            corners = centre + radius * _corners(name, 4, 1.0, np.random.default_rng(int(centre[0] * 1000)))
            draw.line([tuple(corners[start]), tuple(corners[end])], fill=fill, width=int(radius / 2.5))
    else:
        count, inner = {"square": (4, 1.0), "star": (10, 0.42), "triangle": (6, 0.5)}[name]
        draw.polygon([tuple(point) for point in centre + radius * _corners(name, count, inner, random)], fill=fill)
    return picture


def shapes():
    """100 pictures each of six shapes."""
    random = np.random.default_rng(1)
    labels = [name for name in SHAPES for _ in range(100)]
    return [_draw(name, random) for name in labels], labels


def write(folder, pictures, labels):
    for seed in range(SPLITS):
        parts = train_test_split(range(len(labels)), test_size=0.2, stratify=labels, random_state=seed)
        for part, numbers in zip(("train", "test"), parts):
            for number in numbers:
                path = folder / str(seed) / part / labels[number] / f"{number:04}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                pictures[number].save(path)


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1])
    write(root / "digits", *digits())
    write(root / "shapes", *shapes())
