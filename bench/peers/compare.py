"""Batch 1: what the turns of effnet and its peers with one network say. Ratios are taken round by round."""

import statistics


def median_of(numbers):
    """None where one was not measured."""
    return None if None in numbers else statistics.median(numbers)


def _of_engine(answers, peak_ms):
    """`peak_ms`: what the multiply-adds take at the peak of effnet's instructions; None: not measured."""
    median = statistics.median(answer["median_ms"] for answer in answers)
    return {"median_ms": median, "min_ms": min(answer["min_ms"] for answer in answers),
            "peak_fraction": None if peak_ms is None else peak_ms / median,
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
    bounds = [answer["bound_ms"] for answer in effnet]
    bound, peak_ms = median_of(bounds), median_of([answer["fma_bound_ms"] for answer in effnet])
    medians = {engine: [answer["median_ms"] for answer in rounds] for engine, rounds in answers.items()}
    ratios = {engine: median_ratio(medians["effnet"], medians[engine]) for engine in answers if engine != "effnet"}
    best = max(ratios, key=ratios.get, default=None)
    return {"network": effnet[0]["network"], **machine(effnet), "multiply_adds": effnet[0]["multiply_adds"],
            "bound_ms": bound,
            "engines": {engine: _of_engine(rounds, peak_ms) for engine, rounds in answers.items()},
            "ratios": ratios, "best_peer": best, "ratio": ratios.get(best),
            "bound_ratio": median_ratio(bounds, medians[best]) if best and bound is not None else None}
