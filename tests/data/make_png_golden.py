#!/usr/bin/env python3
"""Writes tests/data/png/: small PNG files of every kind, and expected.json with the 64-bit FNV-1a hash of the RGB pixels
of these and of the project's sample pictures.

Needs Pillow (any recent version). The files are built chunk by chunk, because Pillow cannot write all kinds; the expected
pixels are those of Pillow's convert("RGB"), except for 16-bit grey: there it clips, and the rule is the high byte.
    python3 make_png_golden.py
"""

import io
import json
import pathlib
import struct
import warnings
import zlib

from PIL import Image

FOLDER = pathlib.Path(__file__).parent / "png"
SAMPLE_PICTURES = pathlib.Path(__file__).parents[2] / "samples"
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of a pixel, by colour type
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def sample(x, y, index, depth):
    """A pattern without symmetry, all bits in use."""
    value = (x * 7919 + y * 104729 + index * 1299709 + x * y * 31) * 2654435761 & 0xFFFFFFFF
    return value >> (32 - depth)


def raw_row(columns, y, colour, depth, limit):
    bits = ""
    for x in columns:
        for index in range(SAMPLES[colour]):
            value = sample(x, y, index, depth)
            bits += format(value if limit is None else value % limit, f"0{depth}b")
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def filtered(rows, step):
    """Every row with the next of the five filters."""
    out, above = b"", None
    for number, row in enumerate(rows):
        above = above or bytes(len(row))
        kind = number % 5
        line = bytearray()
        for i, value in enumerate(row):
            a = row[i - step] if i >= step else 0
            b = above[i]
            c = above[i - step] if i >= step else 0
            nearest = min((a, b, c), key=lambda v: abs(a + b - c - v))
            line.append((value - (0, a, b, (a + b) // 2, nearest)[kind]) & 0xFF)
        out += bytes([kind]) + bytes(line)
        above = row
    return out


def png(width, height, colour, depth, interlaced=False, limit=None, before=(), palette=None):
    data = b""
    for x0, y0, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        columns = range(x0, width, dx)
        if columns:
            rows = [raw_row(columns, y, colour, depth, limit) for y in range(y0, height, dy)]
            data += filtered(rows, max(1, SAMPLES[colour] * depth // 8))
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))
    out += b"".join(chunk(kind, value) for kind, value in before if kind == b"gAMA")
    if palette:
        out += chunk(b"PLTE", bytes(sample(i, 3, j, 8) for i in range(palette) for j in range(3)))
    out += b"".join(chunk(kind, value) for kind, value in before if kind != b"gAMA")
    packed = zlib.compress(data, 9)
    half = len(packed) // 2  # two IDAT chunks
    return out + chunk(b"IDAT", packed[:half]) + chunk(b"IDAT", packed[half:]) + chunk(b"IEND", b"")


def kinds():
    for depth in (1, 2, 4, 8, 16):
        yield f"grey{depth}", dict(colour=0, depth=depth)
    for depth in (1, 2, 4, 8):
        yield f"palette{depth}", dict(colour=3, depth=depth, palette=min(200, 2**depth), limit=min(200, 2**depth))
    for depth in (8, 16):
        yield f"rgb{depth}", dict(colour=2, depth=depth)
        yield f"grey_alpha{depth}", dict(colour=4, depth=depth)
        yield f"rgb_alpha{depth}", dict(colour=6, depth=depth)
    yield "palette8_transparent", dict(colour=3, depth=8, palette=200, limit=200, before=[(b"tRNS", bytes(range(0, 200, 2)))])
    yield "palette4_short", dict(colour=3, depth=4, palette=9)  # indices up to 15
    yield "grey8_transparent", dict(colour=0, depth=8, before=[(b"tRNS", struct.pack(">H", sample(0, 0, 0, 8)))])
    yield "grey2_transparent", dict(colour=0, depth=2, before=[(b"tRNS", struct.pack(">H", 1))])
    key = struct.pack(">HHH", *(sample(0, 0, i, 8) for i in range(3)))
    yield "rgb8_transparent", dict(colour=2, depth=8, before=[(b"tRNS", key)])
    yield "rgb8_gamma", dict(colour=2, depth=8, before=[(b"gAMA", struct.pack(">I", 100000))])
    yield "grey1_interlaced", dict(colour=0, depth=1, interlaced=True)
    yield "palette4_interlaced", dict(colour=3, depth=4, palette=16, interlaced=True)
    yield "rgb8_interlaced", dict(colour=2, depth=8, interlaced=True)
    yield "rgb_alpha16_interlaced", dict(colour=6, depth=16, interlaced=True)
    yield "rgb8_1x1", dict(colour=2, depth=8, width=1, height=1)
    yield "rgb8_1x90", dict(colour=2, depth=8, width=1, height=90)
    yield "grey1_90x1", dict(colour=0, depth=1, width=90, height=1)


def expected_pixels(data, colour, depth, width, height):
    if colour == 0 and depth == 16:
        high = (sample(x, y, 0, 16) >> 8 for y in range(height) for x in range(width))
        return b"".join(bytes([value] * 3) for value in high)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Image.open(io.BytesIO(data)).convert("RGB").tobytes()


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def describe(width, height, pixels):
    return {"width": width, "height": height, "fnv1a": fnv1a(pixels)}


def main():
    FOLDER.mkdir(exist_ok=True)
    expected = {}
    for name, options in kinds():
        options = {"width": 13, "height": 11, **options}
        data = png(**options)
        (FOLDER / f"{name}.png").write_bytes(data)
        pixels = expected_pixels(data, options["colour"], options["depth"], options["width"], options["height"])
        expected[f"tests/data/png/{name}.png"] = describe(options["width"], options["height"], pixels)
    for path in sorted(SAMPLE_PICTURES.glob("*.png")):
        picture = Image.open(path).convert("RGB")
        expected[f"samples/{path.name}"] = describe(*picture.size, picture.tobytes())
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
