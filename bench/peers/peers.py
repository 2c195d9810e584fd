#!/usr/bin/env python3
"""Measures effnet and other engines on the same networks, in turns: batch 1, random weights; fp32, or with --precision
bf16 effnet and OpenVINO in bf16, the others in fp32, with --precision int8 all in int8 but ncnn, which is left out.

    ./dev bench --peers [--models 0,4,tf_efficientnet_lite0] [--threads 1,2] [--json FILE]
    ./dev bench --peers --throughput [--models 0] [--json FILE]

Prints a table in Markdown. The first run installs the engines and writes their network files into build/peers; later
ones start at once.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))

import compare
import environment
import files
import report
import runners
import shared
import throughput
import turns


class Bench:
    """What a measurement needs: programs, libraries, environments, files."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.cpus = arguments.cpus
        self._pythons = {name: environment.prepare(name, arguments.work) for name in environment.REQUIREMENTS}

    def versions(self):
        return environment.versions(self.arguments.work)

    def files(self, network, batch=1):
        return files.make(self.arguments.bin / "effnetc", network, batch, self.arguments.work, self._pythons,
                          self.arguments.precision)

    def library(self, network, threads):
        """Compiled with the schedules for so many threads."""
        folder, precision = self.arguments.lib_dir / f"threads{threads}", self.arguments.precision
        name = network if precision == "fp32" else f"{network}_{precision.replace('-', '_')}"
        subprocess.run([self.arguments.bin / "effnetc", "compile", network, "-o", folder, "--name", name, "--shared",
                        "--threads", str(threads), "--target", self.arguments.target, "--precision", precision],
                       check=True, stdout=subprocess.DEVNULL)
        return folder / f"lib{name}.so"

    def effnet(self, network, batch, threads, cpus):
        # A batch's images are spread over the threads: each runs on one.
        library = self.library(network, threads if batch == 1 else 1)
        return runners.Effnet(self.arguments.bin / "effnet", library, batch, threads, cpus)

    def peer(self, engine, made, threads, cpus):
        return runners.Peer(self._pythons["engines"], engine, made, self.arguments.precision, threads, cpus)

    def engines(self, made):
        return [engine for engine in self.arguments.engines if engine in made.paths]


def measure(bench, network, threads):
    made, cpus = bench.files(network), bench.cpus[:threads]
    contestants = {"effnet": lambda: [bench.effnet(network, 1, threads, cpus)]}
    for engine in bench.engines(made):
        contestants[engine] = lambda engine=engine: [bench.peer(engine, made, threads, cpus)]
    return compare.summarize(turns.take(contestants, bench.arguments.rounds, bench.arguments.seconds))


def measure_throughput(bench, network):
    made = {batch: bench.files(network, batch) for batch in (1, throughput.BATCH)}
    openers = {"effnet": lambda batch, threads, cpus: bench.effnet(network, batch, threads, cpus)}
    for engine in bench.engines(made[throughput.BATCH]):
        openers[engine] = lambda batch, threads, cpus, engine=engine: bench.peer(engine, made[batch], threads, cpus)
    contestants = throughput.contestants(openers, bench.cpus)
    return throughput.summarize(network, turns.take(contestants, bench.arguments.rounds, bench.arguments.seconds))


def attempt(what, function, *arguments):
    """None, and a line that says why, when effnet itself does not run."""
    environment.say(f"measuring {what}")
    try:
        return function(*arguments)
    except (runners.Failure, subprocess.CalledProcessError) as error:
        environment.say(f"{what}: {error}")
        return None


def names(text):
    return text.split(",")


def numbers(text):
    return [int(number) for number in text.split(",")]


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench --peers", description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of effnet and effnetc")
    parser.add_argument("--lib-dir", type=pathlib.Path, required=True, help="where networks are compiled to")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="where the peers and their files are kept")
    parser.add_argument("--models", type=names, default=[*map(str, range(8)), "tf_efficientnet_lite0"],
                        help="numbers of EfficientNets or full names (default: 0 to 7, tf_efficientnet_lite0)")
    parser.add_argument("--threads", type=numbers, default=[1, 2], help="numbers of threads (default: 1,2)")
    parser.add_argument("--engines", type=names, default=list(files.NEEDS), help="peers (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of every engine (default: 5)")
    parser.add_argument("--seconds", type=float, default=0.7, help="of every turn, 6 runs at least (default: 0.7)")
    parser.add_argument("--cpus", type=numbers, default=sorted(os.sched_getaffinity(0)),
                        help="CPUs to run on, as many as threads (default: those allowed)")
    parser.add_argument("--target", default="host", help="what effnet is compiled for (default: host)")
    parser.add_argument("--precision", choices=("fp32", "bf16", "int8-weights", "int8"), default="fp32",
                        help="effnet's element type (default: fp32)")
    parser.add_argument("--throughput", action="store_true",
                        help="batches against independent instances instead, on two threads (default network: 0)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="keep all numbers")
    arguments = parser.parse_args()
    if arguments.throughput:
        arguments.threads = [throughput.THREADS]
        if arguments.models == parser.get_default("models"):
            arguments.models = ["0"]
    unknown = set(arguments.engines) - set(files.NEEDS)
    if unknown:
        parser.error(f"--engines: there is no {unknown.pop()}; there are {', '.join(files.NEEDS)}")
    if max(arguments.threads) > len(arguments.cpus):
        parser.error(f"--threads: {max(arguments.threads)} threads need as many CPUs; there are {len(arguments.cpus)}")
    return arguments


def main():
    arguments = parse_arguments()
    bench = Bench(arguments)
    networks = [shared.full_name(model) for model in arguments.models]
    if arguments.throughput:
        tried = [attempt(f"{network}, throughput", measure_throughput, bench, network) for network in networks]
    else:
        tried = [attempt(f"{network}, {threads} thread(s)", measure, bench, network, threads)
                 for threads in arguments.threads for network in networks]
    results, versions = [result for result in tried if result], bench.versions()
    if arguments.json:
        document = {"versions": versions, "throughput" if arguments.throughput else "comparison": results}
        arguments.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if results and not arguments.throughput:
        report.print_comparison(results, arguments.precision)
    for result in results if arguments.throughput else ():
        report.print_throughput(result)
    if results:
        report.print_machine(results, versions)
    return 0 if len(results) == len(tried) else 1


if __name__ == "__main__":
    sys.exit(main())
