#!/usr/bin/env python3
"""Compares the tuner's search with random choice at an equal number of candidates, on steps of a real network.

Every run starts from an empty log and without rows, the shipped ones included; the two strategies take turns. Prints,
for each step, the best time over the default's after so many candidates (mean over the seeds), and draws the curves.
    bench/search.py [--network efficientnet_b0] [--steps ...] [--candidates 96] [--seeds 3] [-o curves.svg]
"""

import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from shared import print_table  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
STRATEGIES = ("evolution", "random")
COLOURS = {"evolution": "#1b6ca8", "random": "#c8553d"}


def without_rows(build, prefix):
    """An installation like the build folder's, but for the shipped rows. Returns its effnetc."""
    for folder in ("bin", "share/effnet"):
        (prefix / folder).mkdir(parents=True)
    shutil.copy(build / "bin/effnetc", prefix / "bin")
    for name in ("lib", "include", *(f"share/effnet/{entry.name}" for entry in (build / "share/effnet").iterdir())):
        if not name.endswith("/schedules"):
            (prefix / name).symlink_to((build / name).resolve())
    return prefix / "bin/effnetc"


def curve(arguments, program, step, strategy, seed):
    """The best ratio after 1, 2, ... candidates, by one run of effnetc tune."""
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "tune", arguments.network, "--target", arguments.target, "--step", step,
                   "--search", strategy, "--seed", str(seed), "--candidates", str(arguments.candidates), "--budget", "1h",
                   "--log", f"{folder}/log.db", "--schedules", f"{folder}/rows", "--json"]
        environment = {"HOME": folder, "PATH": "/usr/bin:/bin"}
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
    points = json.loads(done.stdout)["steps"][0]["curve"]
    ratios, best = [], 1.0
    for count in range(1, arguments.candidates + 1):
        best = min([best, *(ratio for tried, ratio in points[:-1] if tried == count)])
        ratios.append(best)
    return ratios


def mean(curves):
    return [statistics.mean(values) for values in zip(*curves)]


def drawn(step, curves, left, width=300, height=220):
    """One plot: candidates to the right, the best time over the default's upwards; thin lines are single seeds."""
    lowest = min(min(run) for runs in curves.values() for run in runs)
    bottom = lowest - 0.1 * (1 - lowest) - 0.002

    def line(run, colour, stroke):
        points = " ".join(f"{left + 50 + index * (width - 70) / (len(run) - 1):.1f},"
                          f"{40 + (1 - ratio) / (1 - bottom) * (height - 80):.1f}" for index, ratio in enumerate(run))
        return f'<polyline points="{points}" fill="none" stroke="{colour}" {stroke}/>'

    parts = [f'<text x="{left + 50}" y="25">{step}</text>',
             f'<path d="M{left + 50},40 v{height - 80} h{width - 70}" fill="none" stroke="#888"/>',
             f'<text x="{left + 45}" y="44" text-anchor="end">1</text>',
             f'<text x="{left + 45}" y="{height - 37}" text-anchor="end">{bottom:.2f}</text>',
             f'<text x="{left + width - 20}" y="{height - 22}" text-anchor="end">'
             f'{len(curves["random"][0])} candidates</text>']
    for strategy, runs in curves.items():
        parts += [line(run, COLOURS[strategy], 'stroke-width="0.7" opacity="0.4"') for run in runs]
        parts.append(line(mean(runs), COLOURS[strategy], 'stroke-width="2.5"'))
    return "".join(parts)


def svg(results, width=300, height=220):
    plots = "".join(drawn(step, curves, index * width) for index, (step, curves) in enumerate(results.items()))
    legend = "".join(f'<text x="{50 + 90 * index}" y="{height - 4}" fill="{COLOURS[strategy]}">{strategy}</text>'
                     for index, strategy in enumerate(STRATEGIES))
    legend += f'<text x="260" y="{height - 4}">best time over the default\'s; thin: one seed each</text>'
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * len(results)}" height="{height}" '
            f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>{plots}{legend}</svg>\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="build folder")
    parser.add_argument("--network", default="efficientnet_b0")
    parser.add_argument("--target", default="host")
    parser.add_argument("--steps", nargs="+",
                        default=["stem", "blocks.2.expand_depthwise", "blocks.12.project"])
    parser.add_argument("--candidates", type=int, default=96)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("-o", "--output", type=pathlib.Path, help="the curves as SVG")
    arguments = parser.parse_args()
    results = {step: {strategy: [] for strategy in STRATEGIES} for step in arguments.steps}
    with tempfile.TemporaryDirectory() as folder:
        program = without_rows(arguments.build, pathlib.Path(folder) / "effnet")
        for seed in range(1, arguments.seeds + 1):
            for step in arguments.steps:
                for strategy in STRATEGIES:
                    results[step][strategy].append(curve(arguments, program, step, strategy, seed))
    marks = [count for count in (12, 24, 48, 96, 192, 384) if count <= arguments.candidates]
    rows = [["step", "search", *(f"after {count}" for count in marks)]]
    for step, curves in results.items():
        for strategy, runs in curves.items():
            rows.append([step, strategy, *(f"{mean(runs)[count - 1]:.3f}" for count in marks)])
    print_table(rows)
    if arguments.output:
        arguments.output.write_text(svg(results))


if __name__ == "__main__":
    main()
