"""What an opened model says of itself."""

from __future__ import annotations

import dataclasses

from effnet import _native


@dataclasses.dataclass(frozen=True)
class Info:
    """effnet_info of effnet.h, copied."""

    name: str  # the library's
    network: str
    target: str  # the one in use
    version: str  # of the runtime in the library
    weights_format_version: int
    threads: int
    resolution: int  # input: resolution x resolution x 3
    classes: int
    features: int
    map_shape: tuple[int, int]  # of the last map: height, width
    labels: tuple[str, ...] | None  # None when the weights carry none
    mean: tuple[float, ...]
    std: tuple[float, ...]
    crop: float
    interpolation: str
    arena_bytes: int
    weights_bytes: int
    precision: str  # element type: "fp32", "bf16", "int8-weights", "int8"


def copy(info: _native.Info) -> Info:
    labels = tuple(info.labels[i].decode() for i in range(info.classes)) if info.labels else None
    return Info(
        name=info.name.decode(),
        network=info.network.decode(),
        target=info.target.decode(),
        version=info.version.decode(),
        weights_format_version=info.weights_format_version,
        threads=info.threads,
        resolution=info.resolution,
        classes=info.classes,
        features=info.features,
        map_shape=(info.map_height, info.map_width),
        labels=labels,
        mean=tuple(info.mean),
        std=tuple(info.std),
        crop=info.crop,
        interpolation=("bicubic", "bilinear")[info.interpolation],
        arena_bytes=info.arena_bytes,
        weights_bytes=info.weights_bytes,
        precision=info.precision.decode(),
    )
