#!/usr/bin/env python3
"""Measures how long `effnet classify` takes from the start of the process to the label, with a warm page cache.

Compiles the network for this CPU and imports weights (seeded ones: the time does not depend on the numbers) into a
temporary folder, then runs the program again and again on one picture. The processor time stands beside the wall time:
where it is much less, the machine was busy with other things.
    bench/start.py [--build build/release] [--network efficientnet_b0] [--runs 20]
"""

import argparse
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def prepare(arguments, folder):
    programs = arguments.build / "bin"
    for command in (
            [programs / "effnetc", "compile", arguments.network, "-o", folder, "--target", "host", "--shared"],
            [arguments.build / "tests/seeded_weights", arguments.network, folder / "seeded.safetensors"],
            [programs / "effnetc", "import", arguments.network, folder / "seeded.safetensors", "-o", folder / "weights"]):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return [programs / "effnet", "classify", arguments.network, "--lib-dir", folder, "--weights", folder / "weights",
            arguments.picture]


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def milliseconds(command):
    """Wall time and processor time of one run."""
    begin, used = time.perf_counter(), processor_seconds()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return 1000 * (time.perf_counter() - begin), 1000 * (processor_seconds() - used)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="build folder")
    parser.add_argument("--network", default="efficientnet_b0", help="B0-B7 of either padding family")
    parser.add_argument("--picture", type=pathlib.Path, default=ROOT / "samples/coffee.png")
    parser.add_argument("--runs", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        command = prepare(arguments, pathlib.Path(name))
        milliseconds(command)  # warms the page cache
        times = [milliseconds(command) for _ in range(max(arguments.runs, 1))]
    wall, processor = zip(*times)
    print(f"{arguments.network}: start to label in {statistics.median(wall):.1f} ms (median of {len(wall)} runs), "
          f"fastest {min(wall):.1f} ms; processor time {statistics.median(processor):.1f} ms, least {min(processor):.1f} ms")


if __name__ == "__main__":
    try:
        main()
    except (subprocess.CalledProcessError, OSError) as error:
        sys.exit(f"start.py: {error}")
