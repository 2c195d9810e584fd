#!/usr/bin/env python3
"""Measures the element types of a network against float32, in turns: batch 1, random weights.

    ./dev bench --precision [--models 0,4] [--threads 1,2] [--precisions bf16,int8] [--json FILE]

Prints a table in Markdown: medians, ratios to float32 (of each round, then their median) and each type's bound.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE / "peers"))

import compare
import runners
import shared
import turns

COLUMNS = ("network", "threads", "type", "median ms", "to fp32", "bound ms", "median / bound", "weights MB", "arena MB")


def names(text):
    return text.split(",")


def numbers(text):
    return [int(number) for number in text.split(",")]


def library(arguments, network, precision, threads):
    """Compiled with the schedules for so many threads."""
    name = f"{network}_{precision.replace('-', '_')}"
    folder = arguments.lib_dir / f"threads{threads}"
    subprocess.run([arguments.bin / "effnetc", "compile", network, "-o", folder, "--name", name, "--shared", "--threads",
                    str(threads), "--target", arguments.target, "--precision", precision], check=True,
                   stdout=subprocess.DEVNULL)
    return folder / f"lib{name}.so"


def measure(arguments, network, threads):
    """{precision: its answers, one a round}; fp32 first."""
    contestants = {}
    for precision in ["fp32", *arguments.precisions]:
        made = library(arguments, network, precision, threads)
        contestants[precision] = lambda made=made: [
            runners.Effnet(arguments.bin / "effnet", made, 1, threads, arguments.cpus[:threads])]
    taken = turns.take(contestants, arguments.rounds, arguments.seconds)
    return {precision: [answer for (answer,) in rounds] for precision, rounds in taken.items()}


def rows(answers):
    exact = [answer["median_ms"] for answer in answers["fp32"]]
    for precision, rounds in answers.items():
        medians, bounds = [answer["median_ms"] for answer in rounds], [answer["bound_ms"] for answer in rounds]
        first, bound = rounds[0], compare.median_of(bounds)  # none where the type's peak is not measured
        yield (first["network"], str(first["threads"]), precision, f"{statistics.median(medians):.2f}",
               f"{compare.median_ratio(medians, exact):.3f}", "-" if bound is None else f"{bound:.2f}",
               "-" if bound is None else f"{compare.median_ratio(medians, bounds):.2f}", f"{first['weights_bytes'] / 1e6:.2f}",
               f"{first['arena_bytes'] / 1e6:.2f}")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench --precision", description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of effnet and effnetc")
    parser.add_argument("--lib-dir", type=pathlib.Path, required=True, help="where networks are compiled to")
    parser.add_argument("--models", type=names, default=["0", "4", "tf_efficientnet_lite0"],
                        help="numbers of EfficientNets or full names (default: 0,4,tf_efficientnet_lite0)")
    parser.add_argument("--precisions", type=names, default=["bf16", "int8-weights", "int8"],
                        help="what is measured against fp32 (default: bf16,int8-weights,int8)")
    parser.add_argument("--threads", type=numbers, default=[1, 2], help="numbers of threads (default: 1,2)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of every type (default: 5)")
    parser.add_argument("--seconds", type=float, default=0.7, help="of every turn, 5 runs at least (default: 0.7)")
    parser.add_argument("--cpus", type=numbers, default=sorted(os.sched_getaffinity(0)),
                        help="CPUs to run on, as many as threads (default: those allowed)")
    parser.add_argument("--target", default="host", help="what is compiled for (default: host)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="keep all numbers")
    arguments = parser.parse_args()
    if max(arguments.threads) > len(arguments.cpus):
        parser.error(f"--threads: {max(arguments.threads)} threads need as many CPUs; there are {len(arguments.cpus)}")
    return arguments


def main():
    arguments, results = parse_arguments(), []
    for threads in arguments.threads:
        for network in map(shared.full_name, arguments.models):
            print(f"bench: {network}, {threads} thread(s)", file=sys.stderr, flush=True)
            try:
                results.append(measure(arguments, network, threads))
            except (runners.Failure, subprocess.CalledProcessError) as error:
                print(f"bench: {network}: {error}", file=sys.stderr)
                return 1
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    shared.print_table([COLUMNS, *(row for answers in results for row in rows(answers))])
    exact = [answer for answers in results for answer in answers["fp32"]]
    print(f"\nCPU: {exact[0]['cpu']}; for {exact[0]['target']} ({exact[0]['instruction_set']})")
    shared.print_peaks(exact)
    for precision, what in (("bf16", "bf16 pairs"), ("int8", "8 bit fours")):
        peaks = [answer.get("pair_peak_gflops") or 0 for answers in results for answer in answers.get(precision, [])]
        if any(peaks):
            print(f"{what}: up to {max(peaks):.1f} GFLOP/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
