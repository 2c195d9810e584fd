#!/usr/bin/env python3
"""Transfer learning on two data sets, five seeded splits each: python3 bench/transfer/transfer.py (after ./dev demo)

scikit-learn's digits, and shapes drawn by pictures.py. Prints accuracies on the 20 % that training does not see."""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))
from shared import print_table  # noqa: E402  pylint: disable=wrong-import-position

DATA_SETS = ("digits", "shapes")
SPLITS = 5
SHOTS = (1, 5, 10)


def write_pictures(work):
    """Once: into an environment of its own, because of scikit-learn."""
    done = work / "pictures" / "done"
    wanted = (HERE / "requirements.txt").read_text() + (HERE / "pictures.py").read_text()
    if done.exists() and done.read_text() == wanted:
        return
    print(f"transfer: installing requirements.txt into {work}, writing pictures (once)", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", work / "environment"], check=True)
    python = work / "environment" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps",
                    "--requirement", HERE / "requirements.txt"], check=True)
    if (work / "pictures").exists():
        shutil.rmtree(work / "pictures")  # of an earlier recipe
    subprocess.run([python, HERE / "pictures.py", work / "pictures"], check=True)
    done.write_text(wanted)


def train(options, folder, head, *further):
    command = [options.bin / "effnet", "train", options.network, "--lib-dir", options.bin, "--data", folder / "train",
               "--test", folder / "test", "-o", head, "--cache-dir", options.work / "features", "--json", *further]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def accuracies(options, data_set, *further):
    results = [train(options, options.work / "pictures" / data_set / str(seed),
                     options.work / f"{data_set}{seed}.safetensors", "--seed", str(seed), *further)
               for seed in range(SPLITS)]
    return [100 * result["test"]["accuracy"] for result in results], results


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/transfer")
    parser.add_argument("--network", default="tf_efficientnet_lite0")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    write_pictures(options.work)
    rows = [["data set", "method", "mean accuracy %", "of each split", "slowest training s"]]
    for data_set in DATA_SETS:
        for method, further in [("train", ())] + [(f"few-shot {n}", ("--few-shot", str(n))) for n in SHOTS]:
            found, results = accuracies(options, data_set, *further)
            rows.append([data_set, method, f"{sum(found) / SPLITS:.2f}", " ".join(f"{value:.1f}" for value in found),
                         f"{max(result['training_seconds'] for result in results):.1f}"])
            print(f"{data_set}, {method}: {rows[-1][2]}", file=sys.stderr)
    print_table(rows)


if __name__ == "__main__":
    os.environ.pop("EFFNET_TARGET", None)
    main()
