#!/usr/bin/env python3
"""One engine with one network in a process of its own, which takes turns with others.

    worker.py ENGINE STEM EXPECTED.npz PADDING RESOLUTION BATCH THREADS PRECISION

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
TOLERANCE = 1e-3  # of the largest logit: engines add up in other orders
BF16_TOLERANCE = 0.2  # of what has 8 bits; its accuracy is another question


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
    engine, stem, expected, padding = sys.argv[1:5]
    resolution, batch, threads = map(int, sys.argv[5:8])
    bf16 = sys.argv[8] == "bf16" and engine in engines.WITH_BF16
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what an engine prints is no answer
    open_engine = engines.WITH_BF16[engine] if bf16 else engines.OPENERS[engine]
    run = open_engine(stem, networks.pictures(batch, resolution), threads)
    result = run()
    if expected:
        check(result, numpy.load(expected)[padding], BF16_TOLERANCE if bf16 else TOLERANCE)
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        seconds = float(line)
        run_for(run, seconds / 20, WARM_UP_RUNS)
        times = run_for(run, seconds, LEAST_RUNS)
        answer = {"median_ms": statistics.median(times), "min_ms": min(times), "runs": len(times)}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
