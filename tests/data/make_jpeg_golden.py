#!/usr/bin/env python3
"""Writes tests/data/jpeg/: small JPEG files of every kind, PNGs that were held otherwise, and expected.json with the 64-bit
FNV-1a hash of the RGB pixels that Pillow reads from them, upright: ImageOps.exif_transpose(picture).convert("RGB").

Needs Pillow (its wheel decodes with libjpeg-turbo).
    python3 make_jpeg_golden.py
"""

import io
import json
import pathlib

from make_png_golden import describe, sample
from PIL import Image, ImageOps

FOLDER = pathlib.Path(__file__).parent / "jpeg"
ORIENTATION = 274


def pattern(width, height, channels):
    """Smooth, so that JPEG keeps it, without symmetry, with some noise."""
    values = bytearray()
    for y in range(height):
        for x in range(width):
            for index in range(channels):
                values.append((x * 9 + y * 5 + index * 60 + sample(x, y, index, 4)) % 256)
    return bytes(values)


def picture(mode, width=21, height=14):
    return Image.frombytes(mode, (width, height), pattern(width, height, len(mode)))


def exif(orientation):
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    return tags


def files():
    rgb, grey, cmyk = picture("RGB"), picture("L"), picture("CMYK")
    yield "grey.jpg", grey, dict(quality=90)
    yield "grey_progressive.jpg", grey, dict(quality=90, progressive=True)
    for name, subsampling in (("444", 0), ("422", 1), ("420", 2)):
        yield f"colour_{name}.jpg", rgb, dict(quality=90, subsampling=subsampling)
        yield f"colour_{name}_progressive.jpg", rgb, dict(quality=75, subsampling=subsampling, progressive=True)
    yield "restarts.jpg", rgb, dict(quality=80, restart_marker_blocks=1)
    yield "rgb.jpg", rgb, dict(quality=90, keep_rgb=True)
    yield "cmyk.jpg", cmyk, dict(quality=90)
    yield "cmyk_progressive.jpg", cmyk, dict(quality=90, progressive=True)
    yield "dot.jpg", picture("RGB", 1, 1), dict(quality=90)
    yield "line.jpg", picture("RGB", 90, 1), dict(quality=90)
    for orientation in range(1, 9):
        yield f"held_{orientation}.jpg", rgb, dict(quality=85, exif=exif(orientation))
        yield f"held_{orientation}.png", rgb, dict(exif=exif(orientation))
    yield "held_9.jpg", rgb, dict(quality=85, exif=exif(9))  # there is no 9
    yield "held_6_grey.jpg", grey, dict(quality=85, exif=exif(6))
    little = exif(8)
    little.endian = "<"
    yield "held_8_little_endian.jpg", rgb, dict(quality=85, exif=little.tobytes())


def main():
    FOLDER.mkdir(exist_ok=True)
    expected = {}
    for name, image, options in files():
        content = io.BytesIO()
        image.save(content, {".jpg": "JPEG", ".png": "PNG"}[name[-4:]], **options)
        (FOLDER / name).write_bytes(content.getvalue())
        upright = ImageOps.exif_transpose(Image.open(content)).convert("RGB")
        expected[f"tests/data/jpeg/{name}"] = describe(*upright.size, upright.tobytes())
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
