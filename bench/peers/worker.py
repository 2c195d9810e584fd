#!/usr/bin/env python3
"""One engine with one network in a process of its own, which takes turns with others.

    worker.py ENGINE FILE EXPECTED.npz PADDING RESOLUTION BATCH THREADS PRECISION

Compares the first result with what is expected (unless that is an empty name), then prints a line "ready". For every
line SECONDS on stdin it runs so long and answers with one line of JSON: median and fastest run in milliseconds, and the
number of runs. Ends with stdin.
"""

import json
import os
import statistics
import sys
import time

import numpy

import engines
import network as networks

WARM_UP_RUNS, LEAST_RUNS = 3, 6  # of every turn, as `effnet bench` has them
MOST_SECONDS = 20  # of a turn, even with fewer runs: on a busy machine threads that wait for each other take seconds
# Of the largest logit: engines add up in other orders. Of what has 8 bits only nonsense is refused: the accuracy of random
# weights is another question.
TOLERANCES = {"fp32": 1e-3, "bf16": 0.2, "int8": 1}


def check(result, expected, tolerance):
    error = numpy.abs(numpy.reshape(result, expected.shape) - expected).max() / numpy.abs(expected).max()
    if not error < tolerance:  # NaN, too
        sys.exit(f"its result is off by {error:.1e} of the largest logit")


def run_for(run, seconds, least):
    times, elapsed, begin = [], 0, time.perf_counter()
    while elapsed < seconds or (len(times) < least and elapsed < MOST_SECONDS):
        start = time.perf_counter()
        run()
        elapsed = time.perf_counter() - begin
        times.append(1e3 * (begin + elapsed - start))
    return times


def main():
    engine, path, expected, padding = sys.argv[1:5]
    resolution, batch, threads = map(int, sys.argv[5:8])
    precision = sys.argv[8]
    if precision not in TOLERANCES or (precision == "bf16" and engine not in engines.WITH_BF16):
        precision = "fp32"
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what an engine prints is no answer
    open_engine = engines.WITH_BF16[engine] if precision == "bf16" else engines.OPENERS[engine]
    run = open_engine(path, networks.pictures(batch, resolution), threads)
    result = run()
    if expected:
        check(result, numpy.load(expected)[padding], TOLERANCES[precision])
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        seconds = float(line)
        run_for(run, seconds / 20, WARM_UP_RUNS)
        times = run_for(run, seconds, LEAST_RUNS)
        answer = {"median_ms": statistics.median(times), "min_ms": min(times), "runs": len(times)}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
