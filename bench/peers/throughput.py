"""Throughput: pictures a second of one instance with batches on two threads, and of two instances with one thread."""

import statistics

import compare

BATCH, THREADS = 8, 2
WAYS = ("batch", "instances")


def contestants(openers, cpus):
    """openers: {engine: function of batch, threads and CPUs that returns a runner}. Returns both ways of each."""
    result = {}
    for engine, open_one in openers.items():
        # Defaults hold the engine of this turn of the loop.
        result[f"{engine} batch"] = lambda open_one=open_one: [open_one(BATCH, THREADS, cpus[:THREADS])]
        result[f"{engine} instances"] = lambda open_one=open_one: [open_one(1, 1, [cpu]) for cpu in cpus[:THREADS]]
    return result


def _rate(name, answers):
    pictures = BATCH if name.endswith(" batch") else 1
    return sum(1e3 * pictures / answer["median_ms"] for answer in answers)


def summarize(network, turns):
    """Ratios are medians over the rounds."""
    rates = {name: [_rate(name, answers) for answers in rounds] for name, rounds in turns.items()}
    engines = {}
    for engine in dict.fromkeys(name.split()[0] for name in turns):
        both = {way: rates[f"{engine} {way}"] for way in WAYS if f"{engine} {way}" in rates}
        ratios = {way: compare.median_ratio(rates[f"effnet {way}"], rate) for way, rate in both.items()}
        engines[engine] = {"rounds": both, "effnet_ratio": ratios,
                           "per_second": {way: statistics.median(rate) for way, rate in both.items()}}
        if len(both) == len(WAYS):
            engines[engine]["batch_to_instances"] = compare.median_ratio(both["batch"], both["instances"])
    machine = compare.machine([answer for (answer,) in turns["effnet batch"]])
    return {"network": network, "batch": BATCH, **machine, "engines": engines}
