#!/usr/bin/env python3
"""Measures the start of a process with a warm page cache: to the label of a picture, or to the first logits.

Compiles each network for this CPU and imports weights (seeded ones: the time does not depend on the numbers) into a
temporary folder, then runs a program again and again: `effnet classify` on a picture, or, with --logits, the program
bench/start/first_logits.c, which opens the weights, runs once on one thread and ends. The processor time stands beside
the wall time: where it is much less, the machine was busy with other things.
    bench/start.py [--logits] [--min-memory] [--build build/release] [--network efficientnet_b0 ...] [--runs 20]
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


def quietly(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def weights(arguments, network, folder):
    quietly(arguments.build / "tests/seeded_weights", network, folder / "seeded.safetensors")
    quietly(arguments.build / "bin/effnetc", "import", network, folder / "seeded.safetensors", "-o", folder / "weights")
    return folder / "weights"


def classifier(arguments, network, folder):
    """The command that classifies a picture."""
    programs = arguments.build / "bin"
    quietly(programs / "effnetc", "compile", network, "-o", folder, "--target", "host", "--shared", *arguments.plan)
    return [programs / "effnet", "classify", network, "--lib-dir", folder, "--weights",
            weights(arguments, network, folder), arguments.picture]


def first_logits(arguments, network, folder):
    """The command that ends with the first logits."""
    quietly(arguments.build / "bin/effnetc", "compile", network, "--name", "network", "-o", folder, "--target", "host",
            *arguments.plan)
    quietly("cc", "-O2", ROOT / "bench/start/first_logits.c", "-I", folder, "-I", arguments.build / "include",
            folder / "libnetwork.a", arguments.build / "lib/libeffnet.a", "-lm", "-lpthread", "-o", folder / "program")
    return [folder / "program", weights(arguments, network, folder)]


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def milliseconds(command):
    """Wall time and processor time of one run."""
    begin, used = time.perf_counter(), processor_seconds()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return 1000 * (time.perf_counter() - begin), 1000 * (processor_seconds() - used)


def measure(arguments, network):
    with tempfile.TemporaryDirectory() as name:
        make = first_logits if arguments.logits else classifier
        command = make(arguments, network, pathlib.Path(name))
        milliseconds(command)  # warms the page cache
        times = [milliseconds(command) for _ in range(max(arguments.runs, 1))]
    wall, processor = zip(*times)
    print(f"{network}: start to {'first logits' if arguments.logits else 'label'} in {statistics.median(wall):.1f} ms "
          f"(median of {len(wall)} runs), fastest {min(wall):.1f} ms; processor time "
          f"{statistics.median(processor):.1f} ms, least {min(processor):.1f} ms", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="build folder")
    parser.add_argument("--network", nargs="+", default=["efficientnet_b0"], help="B0-B7 of either padding family")
    parser.add_argument("--logits", action="store_true", help="of a small C program, to the first logits")
    parser.add_argument("--min-memory", dest="plan", action="store_const", const=["--min-memory"], default=[],
                        help="compiled with --min-memory")
    parser.add_argument("--picture", type=pathlib.Path, default=ROOT / "samples/coffee.png")
    parser.add_argument("--runs", type=int, default=20)
    arguments = parser.parse_args()
    for network in arguments.network:
        measure(arguments, network)


if __name__ == "__main__":
    try:
        main()
    except (subprocess.CalledProcessError, OSError) as error:
        sys.exit(f"start.py: {error}")
