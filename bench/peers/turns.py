"""Contestants take turns, round after round, so that a drift of the machine's speed meets all alike."""

import contextlib
import time

import environment
import runners

# Seconds between turns: threads of the one before, which spin for a while after their work, come to rest.
PAUSE = 0.25


def _turn(started, seconds):
    """All of a contestant's runners at the same time; their answers."""
    time.sleep(PAUSE)
    for runner in started:
        runner.begin(seconds)
    return [runner.finish() for runner in started]


def _play(started, rounds, seconds, failed):
    answers = {name: [] for name in started}
    for number in range(rounds):
        names = list(answers)
        first = number % len(names)
        for name in names[first:] + names[:first]:  # nobody always follows the same one
            try:
                answers[name].append(_turn(started[name], seconds))
            except runners.Failure as failure:
                failed(name, failure)
                del answers[name]
    return answers


def take(contestants, rounds, seconds):
    """contestants: {name: function that starts its runners}, effnet first. Returns {name: a list of answers for each
    round}. A peer that fails is named and left out; without effnet there is nothing to compare."""
    def failed(name, failure):
        if name == next(iter(contestants)):
            raise failure
        environment.say(f"{name} is left out: {failure}")

    with contextlib.ExitStack() as stack:
        started = {}
        for name, start in contestants.items():
            try:
                started[name] = start()
            except runners.Failure as failure:
                failed(name, failure)
                continue
            for runner in started[name]:
                stack.callback(runner.close)
        return _play(started, rounds, seconds, failed)
