"""Pictures mapped over processes with Dask, as docs/python.md shows it. Only the loopback device is used."""

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import PIL.Image
import pytest
from conftest import BLUE, GREEN, RED
from dask.distributed import Client, LocalCluster

import effnet

EXAMPLE = Path(__file__).parents[2] / "python" / "examples" / "label_folder.py"


@pytest.fixture
def pictures(folder: Path) -> Path:
    (folder / "pictures").mkdir()
    for i in range(30):
        PIL.Image.fromarray([RED, GREEN, BLUE][i % 3]).save(folder / "pictures" / f"{i:02}.png")
    return folder / "pictures"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        local_directory=str(tmp_path / "dask"),
    ) as cluster:
        with Client(cluster) as connected:
            yield connected


def classify_in_process(path: Path, model: effnet.Model) -> tuple[int, int, str | None]:
    return os.getpid(), id(model), model.classify(path, top=1)[0].label


def test_a_folder_is_classified_by_two_processes(client: Client, pictures: Path, model: effnet.Model) -> None:
    paths = sorted(pictures.iterdir())
    expected = [model.classify(path) for path in paths]
    assert client.gather(client.map(model.classify, paths)) == expected

    everywhere = client.run(classify_in_process, paths[1], model)
    assert [answer[2] for answer in everywhere.values()] == ["green", "green"]
    rows = client.gather(client.map(classify_in_process, paths, model=model, pure=False))
    assert [row[2] for row in rows] == ["red", "green", "blue"] * 10
    processes = {row[0] for row in rows} | {answer[0] for answer in everywhere.values()}
    assert len(processes) == 2 and os.getpid() not in processes
    for process in processes:  # each opened the model once
        assert len({row[1] for row in rows if row[0] == process}) <= 1


def test_the_runtimes_text_comes_back_from_a_worker(client: Client, folder: Path, model: effnet.Model) -> None:
    with pytest.raises(effnet.Error, match="none.png: cannot be read"):
        client.submit(model.classify, folder / "none.png").result()


def test_the_documented_example_writes_a_row_a_picture(pictures: Path, folder: Path) -> None:
    (pictures / "broken.png").write_text("no picture")
    (pictures / "notes.txt").write_text("left out")
    command = [sys.executable, str(EXAMPLE), str(folder / "libfake.so"), str(folder / "fake.weights"), str(pictures)]
    result = subprocess.run([*command, "--workers", "2"], capture_output=True, text=True, cwd=folder)
    assert result.returncode == 0, result.stderr
    rows = list(csv.reader(result.stdout.splitlines()))
    assert [row[1] for row in rows[:30]] == ["red", "green", "blue"] * 10
    assert all(float(row[2]) == pytest.approx(0.96466, abs=1e-4) for row in rows[:30])
    assert len(rows) == 31 and "not a picture" in rows[30][1]
