"""The fake network (tests/tools/fake_network.c): 8 x 8 pixels, a last map of 2 x 2 means, features are the colours."""

import json
import os
import shutil
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import effnet

sys.path.insert(0, str(Path(__file__).parent))

FINGERPRINT = "0123456789abcdef"


def write_safetensors(path: Path, tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> Path:
    header: dict[str, object] = {"__metadata__": metadata}
    offset = 0
    for name, tensor in tensors.items():
        end = offset + tensor.nbytes
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-(len(text) + 8) % 64)
    data = b"".join(tensor.astype("<f4").tobytes() for tensor in tensors.values())
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def read_safetensors(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    data = path.read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + size])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
    return tensors, metadata


def write_fake_weights(path: Path, scale: float = 4, **changed: str) -> Path:
    metadata = {
        "format": "effnet-weights",
        "format_version": "1",
        "precision": "fp32",
        "network": "fake_network",
        "fingerprint": FINGERPRINT,
        "mean": "0,0,0",
        "std": "1,1,1",
        "crop": "1",
        "interpolation": "bilinear",
        "labels": "red\ngreen\nblue",
    }
    weight = np.zeros((1, 3, 16), np.float32)
    weight[0, range(3), range(3)] = scale
    zeros = np.zeros(16, np.float32)
    tensors = {"stem.bias": zeros, "classifier.weight": weight, "classifier.bias": zeros}
    return write_safetensors(path, tensors, metadata | changed)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With libfake.so and fake.weights."""
    shutil.copy(os.environ["FAKE_LIBRARY"], tmp_path / "libfake.so")
    write_fake_weights(tmp_path / "fake.weights")
    return tmp_path


@pytest.fixture
def model(folder: Path) -> Iterator[effnet.Model]:
    with effnet.Model("fake", lib_dir=folder) as opened:
        yield opened


def colour(red: int, green: int, blue: int, height: int = 8, width: int = 8) -> np.ndarray:
    return np.broadcast_to(np.array([red, green, blue], np.uint8), (height, width, 3)).copy()


RED, GREEN, BLUE = colour(255, 0, 0), colour(0, 255, 0), colour(0, 0, 255)
