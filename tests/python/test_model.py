"""What a Model computes, and how it is used from threads and processes."""

import multiprocessing
import os
import pickle
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import BLUE, FINGERPRINT, GREEN, RED, colour, write_safetensors

import effnet

PURE = np.exp(4) / (np.exp(4) + 2)  # the scores of a pure colour are 4, 0, 0


def write_head(path: Path) -> Path:
    weight = np.array([[0, 0, 4], [4, 0, 0]], np.float32)
    tensors = {"weight": weight, "bias": np.zeros(2, np.float32)}
    return write_safetensors(path, tensors, {"fingerprint": FINGERPRINT, "labels": "cold\nwarm"})


def test_classify_names_the_most_probable_classes_best_first(model: effnet.Model) -> None:
    guesses = model.classify(GREEN, top=2)
    assert [(guess.index, guess.label) for guess in guesses] == [(1, "green"), (0, "red")]
    assert guesses[0].probability == pytest.approx(PURE, abs=1e-6)
    assert len(model.classify(GREEN)) == 3  # all that there are, though 5 are wanted


def test_several_pictures_give_a_list_each(model: effnet.Model) -> None:
    assert [best[0].label for best in model.classify([RED, BLUE], top=1)] == ["red", "blue"]
    assert [best[0].label for best in model.classify(np.stack([BLUE, RED, GREEN]))] == ["blue", "red", "green"]
    assert [best[0].label for best in model.classify(picture for picture in [GREEN])] == ["green"]
    assert model.classify([]) == []


def test_features_are_one_row_a_picture(model: effnet.Model) -> None:
    grey = colour(51, 51, 51)
    np.testing.assert_allclose(model.features(RED), [1, 0, 0])
    np.testing.assert_allclose(model.features([RED, grey]), [[1, 0, 0], [0.2, 0.2, 0.2]], rtol=1e-6)
    assert model.features(RED).dtype == np.float32
    assert model.features([]).shape == (0, 3)


def test_run_takes_prepared_floats_as_they_are(model: effnet.Model) -> None:
    inputs = np.random.default_rng(1).random((5, 8, 8, 3), np.float32)
    outputs = model.run(inputs, last_map=True)
    quarters = inputs.reshape(5, 2, 4, 2, 4, 3).mean((2, 4))
    np.testing.assert_allclose(outputs.last_map, quarters, atol=1e-6)
    np.testing.assert_allclose(outputs.features, quarters.mean((1, 2)), atol=1e-6)
    np.testing.assert_allclose(outputs.logits, 4 * outputs.features, atol=1e-6)
    assert model.run(inputs).last_map is None
    one = model.run(inputs[2])
    np.testing.assert_array_equal(one.logits, outputs.logits[2:3])
    turned = np.asfortranarray(inputs.astype(np.float64))  # another type, another order in memory
    np.testing.assert_array_equal(model.run(turned).logits, outputs.logits)


def test_run_prepares_pictures(model: effnet.Model) -> None:
    np.testing.assert_allclose(model.run([RED, BLUE]).logits, [[4, 0, 0], [0, 0, 4]])
    np.testing.assert_allclose(model.run(GREEN).logits, [[0, 4, 0]])


def test_info_says_what_the_library_and_the_weights_are(model: effnet.Model) -> None:
    info = model.info
    assert (info.name, info.network, info.target) == ("fake", "fake_network", "plain")
    assert (info.resolution, info.classes, info.features, info.map_shape) == (8, 3, 3, (2, 2))
    assert info.labels == ("red", "green", "blue")
    assert (info.mean, info.std, info.crop, info.interpolation) == ((0, 0, 0), (1, 1, 1), 1, "bilinear")
    assert info.version == effnet.__version__
    assert info.weights_bytes > 0 and info.arena_bytes > 0 and info.threads == 1


def test_copied_weights_do_not_change_with_their_file(folder: Path) -> None:
    path = folder / "copied.weights"
    path.write_bytes((folder / "fake.weights").read_bytes())
    with effnet.Model(folder / "libfake.so", path, copy_weights=True) as model:
        path.write_bytes(b"something else")
        np.testing.assert_allclose(model.run([RED, BLUE]).logits, [[4, 0, 0], [0, 0, 4]])


def test_inputs_that_are_spread_over_threads_give_the_same(folder: Path, model: effnet.Model) -> None:
    inputs = np.random.default_rng(2).random((5, 8, 8, 3), np.float32)
    with effnet.Model(folder / "libfake.so", threads=2, spread_images=True) as spread:
        np.testing.assert_array_equal(spread.run(inputs).logits, model.run(inputs).logits)
        with effnet.Model(folder / "libfake.so", threads=2) as plain:
            assert spread.info.arena_bytes > plain.info.arena_bytes


def test_a_head_brings_classes_of_its_own(model: effnet.Model, folder: Path) -> None:
    model.set_head(write_head(folder / "head.safetensors"))
    assert (model.info.classes, model.info.labels) == (2, ("cold", "warm"))
    assert model.classify(RED)[0].label == "warm"
    model.set_head(None)
    assert model.classify(RED)[0].label == "red"


def test_labels_may_be_missing(folder: Path) -> None:
    text = (folder / "fake.weights").read_bytes().replace(b'"labels"', b'"nolabe"')
    (folder / "plain.weights").write_bytes(text)
    model = effnet.Model(folder / "libfake.so", folder / "plain.weights")
    assert model.info.labels is None
    assert model.classify(BLUE, top=1) == [effnet.Guess(2, None, pytest.approx(PURE, abs=1e-6))]


def test_a_library_is_found_by_path_in_a_folder_beside_the_program_and_in_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "libfake.so"
    assert effnet.find_library(str(path)) == path
    assert effnet.find_library("fake", folder) == path
    monkeypatch.setenv("EFFNET_LIB_PATH", f"/nowhere:{folder}")
    assert effnet.find_library("fake") == path
    monkeypatch.delenv("EFFNET_LIB_PATH")
    (folder / "effnet").write_text("")
    (folder / "effnet").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    assert effnet.find_library("fake") == path
    monkeypatch.chdir(folder)
    assert effnet.find_library("libfake.so") == path


def test_calls_from_several_threads_take_turns(folder: Path) -> None:
    with effnet.Model("fake", lib_dir=folder, threads=2) as model:
        wrong: list[object] = []

        def work(seed: int) -> None:
            inputs = np.random.default_rng(seed).random((3, 8, 8, 3), np.float32)
            expected = 4 * inputs.mean((1, 2))
            for _ in range(200):
                if not np.allclose(model.run(inputs).logits, expected, atol=1e-5):
                    wrong.append(seed)

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong


def test_other_python_threads_run_while_the_network_does(model: effnet.Model) -> None:
    """With a switch interval this long a thread only gets Python's lock when the other one gives it back."""
    ticks, seen = [0], []
    inputs = np.zeros((200_000, 8, 8, 3), np.float32)

    def work() -> None:
        seen.append(ticks[0])
        model.run(inputs)
        seen.append(ticks[0])

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        while thread.is_alive():
            ticks[0] += 1
            time.sleep(1e-5)  # gives the lock back for a moment
        assert seen[1] > seen[0]
    finally:
        sys.setswitchinterval(interval)


def test_a_pickled_model_opens_the_same_files_again(model: effnet.Model, folder: Path) -> None:
    model.set_head(write_head(folder / "head.safetensors"))
    again = pickle.loads(pickle.dumps(model))
    assert again is not model
    assert again.classify(RED) == model.classify(RED)
    assert pickle.loads(pickle.dumps(model)) is again  # once a process
    again.close()
    assert pickle.loads(pickle.dumps(model)).classify(RED) == model.classify(RED)


def test_another_head_for_an_unpickled_model_is_not_there_in_the_next_one(model: effnet.Model, folder: Path) -> None:
    plain = pickle.dumps(model)
    changed = pickle.loads(plain)
    changed.set_head(write_head(folder / "head.safetensors"))
    assert changed.classify(RED)[0].label == "warm"
    fresh = pickle.loads(plain)
    assert fresh.classify(RED)[0].label == "red"
    assert changed.classify(RED)[0].label == "warm"
    assert pickle.loads(plain) is fresh
    assert pickle.loads(pickle.dumps(changed)).classify(RED)[0].label == "warm"


def test_a_pool_of_processes_maps_a_models_method(model: effnet.Model) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        answers = pool.map(model.classify, [RED, GREEN, BLUE])
    assert [guesses[0].label for guesses in answers] == ["red", "green", "blue"]


def test_closing_gives_the_mapping_back(folder: Path) -> None:
    def mapped() -> bool:
        return str(folder / "fake.weights") in Path(f"/proc/{os.getpid()}/maps").read_text()

    model = effnet.Model("fake", lib_dir=folder)
    assert mapped()
    model.close()
    assert not mapped()
    model.close()
    with effnet.Model("fake", lib_dir=folder):
        assert mapped()
    assert not mapped()
    kept = effnet.Model("fake", lib_dir=folder)
    del kept  # without close()
    assert not mapped()
