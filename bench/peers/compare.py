"""Batch 1: what the turns of effnet and its peers with one network say. Ratios are taken round by round."""

import statistics


def _of_engine(answers, multiply_adds, peak_gflops):
    median = statistics.median(answer["median_ms"] for answer in answers)
    return {"median_ms": median, "min_ms": min(answer["min_ms"] for answer in answers),
            "peak_fraction": 2 * multiply_adds / (median * 1e6 * peak_gflops),
            "rounds": [{key: answer[key] for key in ("median_ms", "min_ms", "runs")} for answer in answers]}


def median_ratio(these, those):
    return statistics.median(this / that for this, that in zip(these, those))


def machine(effnet):
    """What effnet's answers tell of the CPU."""
    trips = [answer["round_trip_ns"] for answer in effnet if answer.get("round_trip_ns")]
    return {**{key: effnet[0][key] for key in ("target", "instruction_set", "cpu", "threads")},
            "peak_gflops": statistics.median(answer["peak_gflops"] for answer in effnet),
            "round_trip_ns": statistics.median(trips) if trips else None}


def summarize(turns):
    """turns: of turns.take(), one runner for each engine."""
    answers = {engine: [answer for (answer,) in rounds] for engine, rounds in turns.items()}
    effnet = answers["effnet"]
    cpu, multiply_adds = machine(effnet), effnet[0]["multiply_adds"]
    bounds = [answer["bound_ms"] for answer in effnet]
    medians = {engine: [answer["median_ms"] for answer in rounds] for engine, rounds in answers.items()}
    ratios = {engine: median_ratio(medians["effnet"], medians[engine]) for engine in answers if engine != "effnet"}
    best = max(ratios, key=ratios.get, default=None)
    return {"network": effnet[0]["network"], **cpu, "multiply_adds": multiply_adds,
            "bound_ms": statistics.median(bounds),
            "engines": {engine: _of_engine(rounds, multiply_adds, cpu["peak_gflops"])
                        for engine, rounds in answers.items()},
            "ratios": ratios, "best_peer": best, "ratio": ratios.get(best),
            "bound_ratio": median_ratio(bounds, medians[best]) if best else None}
