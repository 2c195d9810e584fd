#!/usr/bin/env python3
"""How well `effnetc tune --estimate` ranks candidates: Spearman's rank correlation with their measured times.

For a step of each operator, random candidates that the operator's own pruning lets through are measured on this machine,
then estimated from their code for the CPU that --cpu names, which should be this one.
    bench/estimate.py --cpu sapphirerapids [--target x86-64-v4] [--candidates 48] [--log measured.db]
An existing log is not measured again.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from shared import print_table  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
STEPS = ("stem", "blocks.3.expand_depthwise", "blocks.0.depthwise", "blocks.5.project", "head")


def tune(arguments, step, *more):
    with tempfile.TemporaryDirectory() as home:
        command = [arguments.build / "bin/effnetc", "tune", arguments.network, "--target", arguments.target, "--step", step,
                   "--schedules", f"{home}/rows", *more]
        environment = {"HOME": home, "PATH": "/usr/bin:/bin"}
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
    return done.stdout


def measure(arguments, log):
    for step in arguments.steps:
        tune(arguments, step, "--search", "random", "--candidates", str(arguments.candidates), "--budget", "1h", "--log", log)


def compare(arguments, log, step):
    return json.loads(tune(arguments, step, "--estimate", "--cpu", arguments.cpu, "--compare", log, "--json"))[0]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="build folder")
    parser.add_argument("--network", default="efficientnet_b0")
    parser.add_argument("--target", default="host")
    parser.add_argument("--cpu", required=True, help="as for effnetc tune --estimate")
    parser.add_argument("--steps", nargs="+", default=STEPS)
    parser.add_argument("--candidates", type=int, default=48)
    parser.add_argument("--log", help="where measurements are kept")
    parser.add_argument("--measure-only", action="store_true", help="the estimates need no quiet machine")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as folder:
        log = arguments.log or f"{folder}/measured.db"
        if not pathlib.Path(log).exists():
            measure(arguments, log)
        if arguments.measure_only:
            return
        results = [compare(arguments, log, step) for step in arguments.steps]
    rows = [["step", "candidates", "rank correlation", "best measured", "best by estimate"]]
    rows += [[result["step"], str(len(result["candidates"])), f"{result['rank_correlation']:.3f}", f"{result['best']:.3f}",
              f"{result['best_by_estimate']:.3f}"] for result in results]
    print_table(rows)
    correlations = [result["rank_correlation"] for result in results]
    print(f"\nmedian of the rank correlations: {statistics.median(correlations):.3f}; times are over the default's")


if __name__ == "__main__":
    try:
        main()
    except (subprocess.CalledProcessError, OSError) as error:
        sys.exit(f"estimate.py: {error}")
