"""Compiled networks through Python: the golden logits, real weights on real pictures, the same answers as effnet."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from conftest import read_safetensors

import effnet

SOURCE = Path(__file__).parents[2]
BINARY = Path(os.environ["EFFNET_BINARY_DIR"])
NETWORKS = BINARY / "networks"
GOLDEN = SOURCE / "tests" / "data" / "golden"


def import_weights(network: str, source: Path, folder: Path) -> Path:
    weights = folder / f"{network}.weights"
    command: list[str | Path] = [BINARY / "bin" / "effnetc", "import", network, source, "-o", weights]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return weights


@pytest.fixture(scope="module")
def lite0(tmp_path_factory: pytest.TempPathFactory) -> effnet.Model:
    (source,) = Path(os.environ["EFFNET_LITE_WEIGHTS_DIR"]).glob("efficientnet-lite0-*.pth")
    weights = import_weights("tf_efficientnet_lite0", source, tmp_path_factory.mktemp("lite0"))
    return effnet.Model("tf_efficientnet_lite0", weights, lib_dir=NETWORKS)


def seeded_input(resolution: int) -> np.ndarray:
    """make_golden.py's recipe, channels innermost."""
    splitmix = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
    key = 0xCBF29CE484222325
    for byte in b"input":
        key = (key ^ byte) * 0x100000001B3 % 2**64
    with np.errstate(over="ignore"):
        z = np.arange(3 * resolution**2, dtype=np.uint64) + np.uint64(key ^ 1) + splitmix[0]
        z = (z ^ (z >> np.uint64(30))) * splitmix[1]
        z = (z ^ (z >> np.uint64(27))) * splitmix[2]
        z ^= z >> np.uint64(31)
    noise = ((z >> np.uint64(40)) / 2**24 - 0.5).astype(np.float32).reshape(3, resolution, resolution)
    c, y, x = np.indices(noise.shape)
    return (noise + ((x - 2 * y) / resolution + 0.5 * c).astype(np.float32)).transpose(1, 2, 0)


def test_b0_equals_timm(tmp_path: Path) -> None:
    source = tmp_path / "seeded.safetensors"
    subprocess.run([BINARY / "tests" / "seeded_weights", "efficientnet_b0", source], check=True)
    weights = import_weights("efficientnet_b0", source, tmp_path)
    golden, _ = read_safetensors(GOLDEN / "timm" / "efficientnet_b0.safetensors")
    results = []
    for threads in [1, 2]:
        with effnet.Model("efficientnet_b0", weights, lib_dir=NETWORKS, threads=threads) as model:
            results.append(model.run(seeded_input(model.info.resolution), last_map=True))
    np.testing.assert_array_equal(results[0].logits, results[1].logits)
    np.testing.assert_allclose(results[0].logits.ravel(), golden["logits"].ravel(), atol=1e-4, rtol=0)
    np.testing.assert_allclose(results[0].features.ravel(), golden["features"].ravel(), atol=1e-4, rtol=0)
    assert results[0].last_map is not None
    np.testing.assert_allclose(results[0].last_map.mean((1, 2)), results[0].features, atol=1e-4)


def test_lite0_sees_what_it_should(lite0: effnet.Model) -> None:
    golden = json.loads((GOLDEN / "lite_pictures.json").read_text())["tf_efficientnet_lite0"]
    for picture in ["chelsea.png", "coffee.png"]:
        guesses = lite0.classify(SOURCE / "samples" / picture)
        for guess, (index, label, probability) in zip(guesses, golden[picture]["top5"], strict=True):
            assert (guess.index, guess.label) == (index, label)
            assert guess.probability == pytest.approx(probability, abs=0.002)


def test_lite0_answers_as_the_program_does(lite0: effnet.Model) -> None:
    picture = SOURCE / "samples" / "chelsea.png"
    library, weights = lite0.__reduce__()[1][:2]
    command = [BINARY / "bin" / "effnet", "classify", library, "--weights", weights, "--json", picture]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    for row, guess in zip(answer[0]["top"], lite0.classify(picture), strict=True):
        assert (row["class"], row["label"]) == (guess.index, guess.label)
        assert row["probability"] == pytest.approx(guess.probability, rel=1e-6)


def test_inputs_may_begin_on_any_float(lite0: effnet.Model) -> None:
    inputs = seeded_input(224)[np.newaxis]
    room = np.empty(inputs.size + 1, np.float32)
    moved = room[1:].reshape(inputs.shape)
    moved[:] = inputs
    np.testing.assert_array_equal(lite0.run(moved).logits, lite0.run(inputs).logits)
