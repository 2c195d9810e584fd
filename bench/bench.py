#!/usr/bin/env python3
"""Runs `effnet bench` over compiled networks and prints a markdown table: time, share of the FMA peak, and the bound.

The networks take turns, so that a busy minute does not hit one of them alone; of several rounds the one with the fastest
median counts.
    bench/bench.py --bin build/release/bin --lib-dir DIR [--models 0,7 or full names] [--threads 1,2]
"""

import argparse
import json
import pathlib
import subprocess
import sys

import shared

COLUMNS = ("network", "target", "threads", "median ms", "fastest ms", "GFLOP/s", "peak %", "bound ms", "median / bound",
           "arena MB")


def measure(arguments, model, threads):
    command = [arguments.bin / "effnet", "bench", model, "--lib-dir", arguments.lib_dir / f"threads{threads}", "--json",
               "--threads", str(threads), "--seconds", str(arguments.seconds), "--copy-weights"]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True)  # its errors go to the terminal
    return json.loads(result.stdout) if result.returncode == 0 else None


def row(result):
    return (result["network"], result["target"], str(result["threads"]), f"{result['median_ms']:.2f}",
            f"{result['min_ms']:.2f}", f"{result['gflops']:.1f}", f"{100 * result['peak_fraction']:.1f}",
            f"{result['bound_ms']:.2f}", f"{result['median_ms'] / result['bound_ms']:.2f}",
            f"{result['arena_bytes'] / 1e6:.2f}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the program effnet")
    parser.add_argument("--lib-dir", type=pathlib.Path, required=True,
                        help="with a folder threads<N> of lib<name>.so for every number of threads")
    parser.add_argument("--models", default="0,1,2,3,4,5,6,7", help="numbers of EfficientNets or full names")
    parser.add_argument("--threads", default="1,2", help="numbers of threads")
    parser.add_argument("--seconds", type=float, default=3, help="for each measurement")
    parser.add_argument("--rounds", type=int, default=1, help="how often all of them take turns")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    keys = [(shared.full_name(model), int(threads)) for model in arguments.models.split(",")
            for threads in arguments.threads.split(",")]
    best, failed = {}, set()
    for _ in range(arguments.rounds):
        for key in keys:
            result = measure(arguments, *key)
            if result is None:
                failed.add(key)
            elif key not in best or result["median_ms"] < best[key]["median_ms"]:
                best[key] = result
    results = [best[key] for key in keys if key in best]
    if results:
        shared.print_table([COLUMNS, *map(row, results)])
        print(f"\nCPU: {results[0]['cpu']}")
        shared.print_peaks(results)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
