"""An opened network."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import threading
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from effnet import _info, _native
from effnet._errors import Error
from effnet._library import Library, find_library
from effnet._pictures import Picture, as_pixels

Floats = npt.NDArray[np.float32]
FilePath = str | os.PathLike[str]


@dataclasses.dataclass(frozen=True)
class Guess:
    """One class that a picture may be of."""

    index: int
    label: str | None  # None when the weights carry no labels
    probability: float


@dataclasses.dataclass(frozen=True)
class Outputs:
    """What the network computed of N inputs."""

    logits: Floats  # [N, classes]
    features: Floats  # [N, features]: the average of the last map
    last_map: Floats | None  # [N, height, width, features]; None when it was not asked for


class Model:
    """A network that effnetc compiled, with its weights.

    Threads: calls of one model from several threads are safe and take turns. To compute at the same time, give
    each thread its own Model (weights are mapped and shared), or one Model several `threads`. Python's lock
    is released while the network runs.

    Processes: a pickled Model is its arguments and its head. Where it is unpickled it opens the same files, once a
    process: Dask and multiprocessing may be given `model.classify`. What set_head() changes there is not seen by
    those that are unpickled later.
    """

    def __init__(
        self,
        model: FilePath,
        weights: FilePath | None = None,
        *,
        lib_dir: FilePath | None = None,
        head: FilePath | None = None,
        threads: int = 1,
        target: str | None = None,
        copy_weights: bool = False,
        spread_images: bool = False,
    ) -> None:
        """Opens `model`, a network's name or a path of its lib<name>.so (see find_library).

        `weights`: what effnetc import made; without it <name>.weights beside the library. `head`: another
        classifier, trained for other classes. `target`: one of the library's, in place of the best. `copy_weights`:
        into memory of the model's own instead of mapping the file, a few percent faster and shared with nobody.
        `spread_images`: run() computes as many inputs at the same time as there are threads, one on each; more a second.
        classify() and features() run picture by picture all the same.
        """
        self._lock = threading.Lock()
        self._handle: ctypes.c_void_p | None = None
        self._library = Library(find_library(model, lib_dir))
        self._weights = self._find_weights(weights)
        self._threads, self._target = threads, target
        self._copy_weights, self._spread_images = copy_weights, spread_images
        self._head: Path | None = None
        handle = self._open()
        self._handle = handle
        self._closer = weakref.finalize(self, self._library.close, handle)
        self._info = _info.copy(self._library.get_info(handle).contents)
        if head is not None:
            self.set_head(head)

    @property
    def info(self) -> _info.Info:
        """Of the head in use."""
        return self._info

    def set_head(self, head: FilePath | None) -> None:
        """Takes another classifier from a head file (effnet train makes them); None: back to the weights' own."""
        path = None if head is None else Path(head).absolute()
        with self._lock:
            handle = self._opened()
            self._check(self._library.set_head(handle, None if path is None else os.fsencode(path)))
            self._head = path
            self._info = _info.copy(self._library.get_info(handle).contents)

    @overload
    def classify(  # type: ignore[overload-overlap]  # a str is a picture, not an iterable of them
        self, pictures: Picture, top: int = 5
    ) -> list[Guess]: ...
    @overload
    def classify(self, pictures: Iterable[Picture], top: int = 5) -> list[list[Guess]]: ...
    def classify(self, pictures: Any, top: int = 5) -> list[Guess] | list[list[Guess]]:
        """The `top` most probable classes, best first: of a picture, or of each of several.

        A picture is an array [height, width, 3] of uint8, a file's path or a Pillow image.
        """
        if top < 1:
            raise ValueError(f"top must be at least 1, not {top}")
        if _is_one(pictures):
            return self._guesses(pictures, top)
        return [self._guesses(picture, top) for picture in _listed(pictures)]

    def features(self, pictures: Picture | Iterable[Picture]) -> Floats:
        """What the classifier sees: [features] of a picture, [N, features] of several."""
        rows = [self._run(self.prepare(picture)[np.newaxis], False).features for picture in _listed(pictures)]
        features = np.array(rows, np.float32).reshape(len(rows), self._info.features)
        return features[0] if _is_one(pictures) else features

    def run(self, inputs: Floats | Picture | Iterable[Picture], *, last_map: bool = False) -> Outputs:
        """All that the network computes.

        Of floats that are prepared already ([N, resolution, resolution, 3], or one without N), or of pictures.
        """
        return self._run(self._inputs(inputs), last_map)

    def prepare(self, picture: Picture) -> Floats:
        """A picture -> the network's input [resolution, resolution, 3]: resized, cropped, normalised."""
        pixels = as_pixels(picture)
        height, width = pixels.shape[:2]
        side = self._info.resolution
        result = np.empty((side, side, 3), np.float32)
        with self._lock:
            status = self._library.prepare(
                self._opened(), pixels.ctypes.data, width, height, pixels.strides[0], result.ctypes.data
            )
            self._check(status, _named(picture))
        return result

    def close(self) -> None:
        """Gives the memory back; twice is fine."""
        with self._lock:
            self._handle = None
            self._closer()

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self._handle is None else self._info.target
        return f"<effnet.Model {self._info.network} {self._info.resolution}x{self._info.resolution}, {state}>"

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return _reopened, (
            self._library.path,
            self._weights,
            self._head,
            self._threads,
            self._target,
            self._copy_weights,
            self._spread_images,
        )

    def _find_weights(self, weights: FilePath | None) -> Path:
        if weights is not None:
            return Path(weights).absolute()
        beside = self._library.path.parent / f"{self._library.name}.weights"
        if beside.exists():
            return beside
        raise Error(
            f"no weights: name them, or put them beside the library as {beside}; "
            f"effnetc import {self._library.network} FILE -o {beside} makes them"
        )

    def _open(self) -> ctypes.c_void_p:
        error = ctypes.create_string_buffer(1024)
        options = _native.Options(
            threads=self._threads,
            target=None if self._target is None else self._target.encode(),
            error=ctypes.cast(error, ctypes.c_char_p),
            error_bytes=len(error),
            copy_weights=self._copy_weights,
            spread_images=self._spread_images,
        )
        handle = ctypes.c_void_p()
        status = self._library.open(os.fsencode(self._weights), ctypes.byref(options), ctypes.byref(handle))
        if status != 0:
            text = error.value or self._library.status_text(status)
            raise Error(text.decode(errors="replace"), status)
        return handle

    def _opened(self) -> ctypes.c_void_p:
        if self._handle is None:
            raise Error("the model is closed")
        return self._handle

    def _check(self, status: int, where: str = "") -> None:
        if status != 0:
            text = self._library.error(self._handle) or self._library.status_text(status)
            raise Error(where + text.decode(errors="replace"), status)

    def _inputs(self, inputs: Any) -> Floats:
        if isinstance(inputs, np.ndarray) and np.issubdtype(inputs.dtype, np.floating):
            array = np.ascontiguousarray(inputs if inputs.ndim != 3 else inputs[np.newaxis], np.float32)
        else:
            array = np.array([self.prepare(picture) for picture in _listed(inputs)], np.float32)
        side = self._info.resolution
        if array.shape[1:] != (side, side, 3) or len(array) == 0:
            wanted = f"[N, {side}, {side}, 3] or [{side}, {side}, 3]"
            raise ValueError(f"the inputs are {list(np.shape(inputs))}, {self._info.network} takes {wanted}")
        return array

    def _run(self, inputs: Floats, last_map: bool) -> Outputs:
        with self._lock:
            handle, info, count = self._opened(), self._info, len(inputs)
            logits = np.empty((count, info.classes), np.float32)
            features = np.empty((count, info.features), np.float32)
            map_ = np.empty((count, *info.map_shape, info.features), np.float32) if last_map else None
            outputs = _native.Outputs(
                logits.ctypes.data, features.ctypes.data, None if map_ is None else map_.ctypes.data
            )
            self._check(self._library.run_batch(handle, count, inputs.ctypes.data, ctypes.byref(outputs)))
        return Outputs(logits, features, map_)

    def _guesses(self, picture: Picture, top: int) -> list[Guess]:
        probabilities = self._run(self.prepare(picture)[np.newaxis], False).logits[0]
        self._library.softmax(probabilities.ctypes.data, len(probabilities), probabilities.ctypes.data)
        if np.isnan(probabilities).any():
            raise Error(_named(picture) + "the network's scores are no numbers (NaN): the weights are damaged")
        labels = self._info.labels
        best = np.argsort(-probabilities, kind="stable")[:top]
        return [Guess(int(i), labels[i] if labels else None, float(probabilities[i])) for i in best]


def _named(picture: Any) -> str:
    return f"{os.fspath(picture)}: " if isinstance(picture, (str, os.PathLike)) else ""


def _is_one(pictures: Any) -> bool:
    if isinstance(pictures, np.ndarray):
        return pictures.ndim != 4  # four: a stack of pictures
    return isinstance(pictures, (str, os.PathLike)) or hasattr(pictures, "getexif")


def _listed(pictures: Any) -> list[Any]:
    return [pictures] if _is_one(pictures) else list(pictures)


# Models that unpickling opened, by their arguments, the one used last at the end.
_kept: dict[tuple[Any, ...], Model] = {}
_keeping = threading.Lock()
_MOST_KEPT = 8


def _reopened(*arguments: Any) -> Model:
    library, weights, head, threads, target, copy_weights, spread_images = arguments
    with _keeping:
        model = _kept.pop(arguments, None)
        # Somebody in this process may have closed it, or given it another head.
        if model is None or model._handle is None or model._head != head:
            model = Model(
                library,
                weights,
                head=head,
                threads=threads,
                target=target,
                copy_weights=copy_weights,
                spread_images=spread_images,
            )
        _kept[arguments] = model
        if len(_kept) > _MOST_KEPT:
            del _kept[next(iter(_kept))]
    return model
