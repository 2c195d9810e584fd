"""Every mistake is an exception that says what to do; the runtime's texts come through."""

import os
import pickle
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import RED, write_fake_weights

import effnet


def test_a_missing_library_says_where_it_was_looked_for_and_how_to_make_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EFFNET_LIB_PATH", "/else/where")
    with pytest.raises(effnet.Error, match="no libefficientnet_b9.so in /some/where, .*/else/where") as caught:
        effnet.Model("efficientnet_b9", lib_dir="/some/where")
    assert "effnetc compile efficientnet_b9 -o DIR --shared" in str(caught.value)
    assert caught.value.status is None
    with pytest.raises(effnet.Error, match="no library '/nowhere/libx.so'"):
        effnet.Model("/nowhere/libx.so")


def test_what_is_no_compiled_network_is_refused(folder: Path) -> None:
    shutil.copy(folder / "libfake.so", folder / "librenamed.so")
    (folder / "libtext.so").write_text("no library")
    shutil.copy(folder / "libfake.so", folder / "fake.so")
    for file, text in [("librenamed", "renamed_program"), ("libtext", "cannot load"), ("fake", "lib<name>.so")]:
        with pytest.raises(effnet.Error, match=text):
            effnet.Model(folder / f"{file}.so", folder / "fake.weights")
    with pytest.raises(effnet.Error, match="compile it again"):
        effnet.Model(os.environ["FAKE_OTHER_LIBRARY"])


def test_wrong_weights_have_the_runtimes_status_and_text(folder: Path) -> None:
    other = write_fake_weights(folder / "other.weights", network="tf_fake_network", fingerprint="fedcba9876543210")
    (folder / "text.weights").write_text("nothing of the kind")
    cases = {
        folder / "none.weights": (effnet.Status.CANNOT_READ, "none.weights"),
        folder / "text.weights": (effnet.Status.INVALID_WEIGHTS, "text.weights"),
        other: (effnet.Status.WRONG_NETWORK, "the two differ in padding"),
    }
    for path, (status, text) in cases.items():
        with pytest.raises(effnet.Error, match=text) as caught:
            effnet.Model("fake", path, lib_dir=folder)
        assert caught.value.status == status
        assert pickle.loads(pickle.dumps(caught.value)).args == caught.value.args
    (folder / "fake.weights").unlink()
    with pytest.raises(effnet.Error, match="effnetc import fake_network FILE"):
        effnet.Model("fake", lib_dir=folder)


def test_options_are_checked_by_the_runtime(folder: Path) -> None:
    for target, status in [("pentium", "INVALID_ARGUMENT"), ("foreign", "UNSUPPORTED_CPU")]:
        with pytest.raises(effnet.Error, match=target) as caught:
            effnet.Model("fake", lib_dir=folder, target=target)
        assert caught.value.status == effnet.Status[status]
    with pytest.raises(effnet.Error) as caught:
        effnet.Model("fake", lib_dir=folder, threads=-1)
    assert caught.value.status == effnet.Status.INVALID_ARGUMENT
    with pytest.raises(effnet.Error, match="head"):
        effnet.Model("fake", lib_dir=folder, head=folder / "head.safetensors")


def test_a_closed_model_is_refused_everywhere(model: effnet.Model) -> None:
    model.close()
    for use in [lambda: model.classify(RED), lambda: model.run(RED), lambda: model.set_head(None)]:
        with pytest.raises(effnet.Error, match="closed"):
            use()
    assert "closed" in repr(model)


@pytest.mark.parametrize(
    "array", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 4), np.uint8), np.zeros((8, 8, 3)), np.zeros(3, np.uint8)]
)
def test_arrays_that_are_no_pictures_are_refused(model: effnet.Model, array: np.ndarray) -> None:
    with pytest.raises(ValueError, match=re.escape(f"not {list(array.shape)} of {array.dtype}")):
        model.classify(array)
    with pytest.raises(TypeError, match="not int"):
        model.classify([7])  # type: ignore[list-item]


@pytest.mark.parametrize("shape", [(8, 8, 3, 1), (1, 3, 8, 8), (2, 7, 8, 3), (0, 8, 8, 3), (8, 8), (5, 5, 3)])
def test_inputs_of_another_shape_are_refused(model: effnet.Model, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=re.escape(f"the inputs are {list(shape)}, fake_network takes")):
        model.run(np.zeros(shape, np.float32))


def test_empty_pictures_are_refused_by_the_runtime(model: effnet.Model) -> None:
    for shape in [(0, 8, 3), (8, 0, 3)]:
        with pytest.raises(effnet.Error) as caught:
            model.classify(np.zeros(shape, np.uint8))
        assert caught.value.status == effnet.Status.INVALID_ARGUMENT


def test_scores_that_are_no_numbers_are_an_error(folder: Path) -> None:
    write_fake_weights(folder / "fake.weights", scale=float("nan"))
    with effnet.Model("fake", lib_dir=folder) as model, pytest.raises(effnet.Error, match="NaN"):
        model.classify(RED)
    with effnet.Model("fake", lib_dir=folder) as model, pytest.raises(ValueError, match="top"):
        model.classify(RED, top=0)
