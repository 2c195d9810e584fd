"""Pictures from files, Pillow and numpy become the same pixels as in effnet classify."""

import struct
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from conftest import BLUE, RED, colour

import effnet
from effnet._pictures import as_pixels

PNGS = Path(__file__).parent.parent / "data" / "png"


def test_a_path_a_pillow_image_and_an_array_are_the_same_picture(model: effnet.Model, folder: Path) -> None:
    image = PIL.Image.fromarray(RED)
    image.save(folder / "red.png")
    expected = model.classify(RED)
    for picture in [str(folder / "red.png"), folder / "red.png", image]:
        assert model.classify(picture) == expected
    assert model.classify([folder / "red.png", BLUE, image])[1][0].label == "blue"


def test_rows_may_lie_apart_and_anything_else_is_copied() -> None:
    frame = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    window = frame[2:10, 5:13]
    assert as_pixels(window) is window
    for view in [frame[::-1], frame[:, ::-1], frame[..., ::-1], frame[:, ::2], frame.transpose(1, 0, 2)]:
        pixels = as_pixels(view)
        assert pixels.flags.c_contiguous
        np.testing.assert_array_equal(pixels, view)


def test_windows_of_a_frame_are_prepared_like_copies(model: effnet.Model) -> None:
    frame = np.random.default_rng(2).integers(0, 256, (40, 50, 3), np.uint8)
    for view in [frame[3:33, 7:40], frame[::-1, 10:30], np.broadcast_to(frame[0], (9, 50, 3))]:
        np.testing.assert_array_equal(model.prepare(view), model.prepare(view.copy()))


def test_exif_orientation_is_applied(model: effnet.Model, folder: Path) -> None:
    upright = np.concatenate([colour(255, 0, 0, 4, 8), colour(0, 0, 255, 4, 8)])  # red above blue
    for orientation, stored in {3: np.rot90(upright, 2), 6: np.rot90(upright), 8: np.rot90(upright, -1)}.items():
        exif = PIL.Image.Exif()
        exif[0x0112] = orientation
        PIL.Image.fromarray(stored).save(folder / "turned.png", exif=exif)
        np.testing.assert_array_equal(as_pixels(folder / "turned.png"), upright)


@pytest.mark.parametrize("name", ["grey8", "grey1", "palette8", "palette8_transparent", "rgb_alpha8", "grey_alpha8"])
def test_all_kinds_of_pngs_become_rgb(name: str) -> None:
    with PIL.Image.open(PNGS / f"{name}.png") as image:
        expected = np.asarray(image.convert("RGB"))
    np.testing.assert_array_equal(as_pixels(PNGS / f"{name}.png"), expected)


def test_of_16_bits_the_upper_eight_count(tmp_path: Path) -> None:
    values = (np.arange(64, dtype=np.uint16) * 1021).reshape(8, 8)
    PIL.Image.fromarray(values).save(tmp_path / "grey16.png")
    pixels = as_pixels(tmp_path / "grey16.png")
    np.testing.assert_array_equal(pixels, np.repeat((values >> 8).astype(np.uint8)[..., None], 3, 2))


def test_what_is_no_picture_is_named(model: effnet.Model, folder: Path) -> None:
    (folder / "text.png").write_text("this is a text")
    whole = (PNGS / "rgb8.png").read_bytes()
    (folder / "short.png").write_bytes(whole[: len(whole) // 2])
    chunk = b"IHDR" + struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    (folder / "bomb.png").write_bytes(head + whole[33:])
    for name in ["none.png", "text.png", "short.png", "bomb.png"]:
        with pytest.raises(effnet.Error, match=f"{name}: "):
            model.classify(folder / name)
    with pytest.raises(effnet.Error, match="cannot be read: Is a directory"):
        model.classify(folder)
