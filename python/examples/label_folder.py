"""Labels the pictures of a folder with Dask, in processes of this machine or on a cluster.

    python label_folder.py efficientnet_b0 efficientnet_b0.weights pictures > labels.csv
    python label_folder.py efficientnet_b0 efficientnet_b0.weights pictures --scheduler tcp://head-node:8786
"""

import argparse
import csv
import os
import sys
from pathlib import Path

from dask.distributed import Client, LocalCluster

import effnet


def label(path: Path, model: effnet.Model) -> tuple[str, str, float]:
    """File, label, probability. A picture that cannot be read costs its own row only."""
    try:
        best = model.classify(path, top=1)[0]
    except effnet.Error as error:
        return str(path), f"error: {error}", float("nan")
    return str(path), best.label or str(best.index), best.probability


def connect(scheduler: str | None, workers: int) -> Client:
    if scheduler is not None:
        return Client(scheduler)
    # One thread a process: a model's calls take turns.
    return Client(LocalCluster(n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("weights")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes on this machine")
    parser.add_argument("--scheduler", help="of a running cluster, in place of processes here")
    arguments = parser.parse_args()

    suffixes = {".png", ".jpg", ".jpeg"}
    paths = sorted(path.absolute() for path in arguments.folder.iterdir() if path.suffix.lower() in suffixes)
    model = effnet.Model(arguments.model, arguments.weights)
    with connect(arguments.scheduler, arguments.workers) as client:
        rows = client.gather(client.map(label, paths, model=model))
    csv.writer(sys.stdout).writerows(rows)


if __name__ == "__main__":
    main()
