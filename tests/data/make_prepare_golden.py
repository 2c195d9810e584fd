#!/usr/bin/env python3
"""Golden data of effnet_prepare(): hashes of pictures that Pillow resized and cropped.

Needs: pillow, numpy. Usage: make_prepare_golden.py > prepare_golden.json

The pictures are made from a formula, so that the test can make the same ones. With 32-bit arithmetic (modulo 2^32),
for column x, row y, channel c (0 red, 1 green, 2 blue):

    h     = x * 73856093 XOR y * 19349663 XOR c * 83492791
    h     = (h XOR h >> 13) * 1540483477;  noise = (h XOR h >> 15) AND 255
    slope = (x * 3 + y * 5 + c * 40) / 2 AND 255
    edges = 255 if (x / 3 + y / 5 + c) is odd else 0
    pattern "noise": noise;  "slope": (noise + 7 * slope) / 8;  "edges": edges

Preparation as torchvision and timm do it: shorter side to floor(resolution / crop), longer side truncated, Pillow's
resize, centre crop at round((size - resolution) / 2), halves to even (Python's round).

The hash is FNV-1a 64 over the cropped picture's bytes: row by row, RGB.
"""
import json
import math
import sys

import numpy as np
import PIL
from PIL import Image

FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
# Resolution and crop of B0-B7, Lite0-Lite4 in both sizes, torchvision's, AdvProp's and timm's own.
NETWORKS = [
    (224, "0.875", "bicubic"), (240, "0.882", "bicubic"), (260, "0.89", "bicubic"), (300, "0.904", "bicubic"),
    (380, "0.922", "bicubic"), (456, "0.934", "bicubic"), (528, "0.942", "bicubic"), (600, "0.949", "bicubic"),
    (300, "0.904", "bilinear"), (280, "0.904", "bilinear"), (380, "0.92", "bilinear"), (300, "0.92", "bilinear"),
    (240, "0.9", "bicubic"), (288, "1.0", "bicubic"), (320, "1.0", "bicubic"), (224, "0.9", "bicubic"),
    (203, "0.875", "bicubic"), (97, "0.875", "bilinear"), (32, "0.5", "bicubic"), (1, "1.0", "bicubic"),
]
SIZES = [(600, 400), (451, 300), (300, 451), (97, 131), (1, 40), (40, 1), (1, 1), (2, 3), (1024, 683)]
# Width, height, resolution, crop, filter: whatever the grid above does not reach.
SPECIAL = [
    (256, 256, 224, "0.875", "bicubic"), (256, 300, 224, "0.875", "bicubic"), (257, 256, 224, "0.875", "bilinear"),
    (224, 224, 224, "1.0", "bicubic"), (255, 256, 224, "0.875", "bicubic"), (259, 256, 223, "0.875", "bicubic"),
    (65535, 3, 64, "0.875", "bicubic"), (3, 65535, 64, "0.875", "bilinear"), (65535, 300, 224, "0.875", "bicubic"),
    (3001, 2003, 224, "0.875", "bicubic"), (2003, 3001, 300, "0.904", "bilinear"), (5000, 37, 224, "0.875", "bicubic"),
]


def picture(width: int, height: int, pattern: str) -> np.ndarray:
    u = np.uint32
    x = np.arange(width, dtype=u)[None, :, None]
    y = np.arange(height, dtype=u)[:, None, None]
    c = np.arange(3, dtype=u)[None, None, :]
    if pattern == "edges":
        return (((x // u(3) + y // u(5) + c) & u(1)) * u(255)).astype(np.uint8)
    h = (x * u(73856093)) ^ (y * u(19349663)) ^ (c * u(83492791))
    h = (h ^ (h >> u(13))) * u(1540483477)
    noise = (h ^ (h >> u(15))) & u(255)
    if pattern == "noise":
        return noise.astype(np.uint8)
    slope = ((x * u(3) + y * u(5) + c * u(40)) // u(2)) & u(255)
    return ((noise + u(7) * slope) // u(8)).astype(np.uint8)


def prepared(pixels: np.ndarray, resolution: int, crop: str, interpolation: str) -> np.ndarray:
    height, width = pixels.shape[:2]
    shorter = math.floor(resolution / float(crop))
    longer = int(shorter * max(width, height) / min(width, height))
    size = (shorter, longer) if width <= height else (longer, shorter)
    image = Image.fromarray(pixels).resize(size, FILTERS[interpolation])
    left, top = (round((side - resolution) / 2) for side in size)
    return np.asarray(image.crop((left, top, left + resolution, top + resolution)))


def fnv1a64(data: bytes) -> str:
    h = 0xCBF29CE484222325
    for byte in data:
        h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{h:016x}"


def main() -> None:
    patterns = ("noise", "slope", "edges")
    cases = [(w, h, *network) for network in NETWORKS for w, h in SIZES] + SPECIAL
    rows = []
    for number, (width, height, resolution, crop, interpolation) in enumerate(cases):
        pattern = patterns[number % len(patterns)]
        out = prepared(picture(width, height, pattern), resolution, crop, interpolation)
        assert out.shape == (resolution, resolution, 3)
        rows.append([width, height, pattern, resolution, crop, interpolation, fnv1a64(out.tobytes())])
    print('{\n "made_by": "tests/data/make_prepare_golden.py, Pillow ' + PIL.__version__ + '",')
    print(' "columns": ["width", "height", "pattern", "resolution", "crop", "interpolation", "hash"],')
    print(' "cases": [\n' + ",\n".join("  " + json.dumps(row) for row in rows) + "\n ]\n}")


if __name__ == "__main__":
    sys.exit(main())
