"""Pictures of any kind -> RGB pixels in numpy."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Union

import numpy as np
import numpy.typing as npt

from effnet._errors import Error

if TYPE_CHECKING:
    import PIL.Image

Pixels = npt.NDArray[np.uint8]  # [height][width][3]
Picture = Union[str, "os.PathLike[str]", Pixels, "PIL.Image.Image"]


def as_pixels(picture: Picture) -> Pixels:
    """An array as it is, when its pixels lie side by side; a picture of Pillow or a file's path through Pillow."""
    if isinstance(picture, np.ndarray):
        return _checked(picture)
    if isinstance(picture, (str, os.PathLike)):
        return _read(os.fspath(picture))
    if hasattr(picture, "convert") and hasattr(picture, "getexif"):
        return _from_pillow(picture)
    raise TypeError(
        f"a picture is a path, an array [height, width, 3] of uint8 or a Pillow image, not {type(picture).__name__}"
    )


def _checked(array: Pixels) -> Pixels:
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        raise ValueError(
            f"a picture must be an array [height, width, 3] of uint8, not {list(array.shape)} of {array.dtype}"
        )
    side_by_side = array.strides[1:] == (3, 1) and array.strides[0] >= 3 * array.shape[1]
    return array if side_by_side else np.ascontiguousarray(array)


def _read(path: str) -> Pixels:
    try:
        import PIL.Image
    except ImportError:
        raise Error(f"{path}: reading pictures needs Pillow: pip install pillow") from None
    try:
        with PIL.Image.open(path) as image:
            return _from_pillow(image)
    except PIL.UnidentifiedImageError:
        raise Error(f"{path}: not a picture that Pillow can read") from None
    except OSError as error:
        raise Error(f"{path}: cannot be read: {error.strerror or error}") from None
    # A damaged file raises whatever its format's plugin happens to raise.
    except (PIL.Image.DecompressionBombError, ValueError, SyntaxError, EOFError) as error:
        raise Error(f"{path}: {error}") from None


def _from_pillow(image: PIL.Image.Image) -> Pixels:
    """Upright, without alpha; of 16 bits the upper eight, as effnet classify takes them."""
    import PIL.Image
    import PIL.ImageOps

    upright = PIL.ImageOps.exif_transpose(image) or image
    if upright.mode.startswith("I"):
        upright = PIL.Image.fromarray((np.asarray(upright) >> 8).clip(0, 255).astype(np.uint8))
    return np.asarray(upright.convert("RGB"))
