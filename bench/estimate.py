#!/usr/bin/env python3
"""How well `effnetc tune --estimate` ranks candidates: Spearman's rank correlation with their measured times.

For a step of each operator, random candidates that the operator's own pruning lets through are measured on this machine,
then estimated from their code for the CPU that --cpu names, which should be this one.
    bench/estimate.py --cpu sapphirerapids [--target x86-64-v4] [--candidates 48] [--rounds 3] [--logs FOLDER]
Every round measures candidates of the same seed into a log of its own; of those that all rounds have, the median of their times
counts. The table shows how well rounds agree with each other: little more can be expected of an estimate. Logs that exist are
not measured again.
"""

import argparse
import contextlib
import itertools
import json
import pathlib
import sqlite3
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
        tune(arguments, step, "--search", "random", "--seed", str(arguments.seed), "--candidates", str(arguments.candidates),
             "--budget", "1h", "--log", log)


def compare(arguments, logs, step):
    return json.loads(tune(arguments, step, "--estimate", "--cpu", arguments.cpu, "--compare", *logs, "--json"))[0]


def measured(log, operation):
    with contextlib.closing(sqlite3.connect(log)) as database:
        return dict(database.execute("SELECT schedule, ratio FROM candidates WHERE operation = ? AND outcome = 'measured'",
                                     (operation,)))


def ranks(values):
    ordered = sorted(values)
    return [ordered.index(value) for value in values]


def agreement(logs, operation):
    """The mean rank correlation of two rounds."""
    correlations = []
    for a, b in itertools.combinations([measured(log, operation) for log in logs], 2):
        both = sorted(a.keys() & b.keys())
        correlations.append(statistics.correlation(ranks([a[key] for key in both]), ranks([b[key] for key in both])))
    return f"{statistics.mean(correlations):.2f}" if correlations else ""


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="build folder")
    parser.add_argument("--network", default="efficientnet_b0")
    parser.add_argument("--target", default="host")
    parser.add_argument("--cpu", required=True, help="as for effnetc tune --estimate")
    parser.add_argument("--steps", nargs="+", default=STEPS)
    parser.add_argument("--candidates", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1, help="of the choice of candidates")
    parser.add_argument("--logs", type=pathlib.Path, help="folder where measurements are kept")
    parser.add_argument("--measure-only", action="store_true", help="the estimates need no quiet machine")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.logs or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        logs = [folder / f"round{number}.db" for number in range(1, arguments.rounds + 1)]
        for log in logs:
            if not log.exists():
                measure(arguments, log)
        if arguments.measure_only:
            return
        results = [compare(arguments, logs, step) for step in arguments.steps]
        agreements = [agreement(logs, result["operation"]) for result in results]
    rows = [["step", "candidates", "rank correlation", "of two rounds", "best measured", "the estimate's choice"]]
    rows += [[result["step"], str(len(result["candidates"])), f"{result['rank_correlation']:.2f}", agrees, f"{result['best']:.2f}",
              f"{result['best_by_estimate']:.2f}"] for result, agrees in zip(results, agreements)]
    print_table(rows)
    correlations = [result["rank_correlation"] for result in results]
    print(f"\nmedian of the rank correlations: {statistics.median(correlations):.2f}; times are over the default's")


if __name__ == "__main__":
    try:
        main()
    except (subprocess.CalledProcessError, OSError) as error:
        sys.exit(f"estimate.py: {error}")
