"""What takes turns: effnet's own benchmark, started anew for each turn, and each peer's worker, which stays."""

import json
import pathlib
import subprocess
import tempfile
import threading

import environment

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 600  # seconds without an answer


class Failure(Exception):
    """An engine did not do what it should; the text says what."""


def pinned(cpus, command):
    return ["taskset", "--cpu-list", ",".join(map(str, cpus)), *map(str, command)]


def reason(errors, status):
    return (errors.strip().splitlines() or [f"ended with status {status}"])[-1]


class Effnet:
    name = "effnet"

    def __init__(self, program, library, batch, threads, cpus):
        # Other engines have their weights in memory of their own, too.
        self._command = pinned(cpus, [program, "bench", library, "--threads", threads, "--batch", batch, "--copy-weights",
                                      *(["--spread-images"] if batch > 1 else []), "--json"])
        self._process = None

    def begin(self, seconds):
        self._process = subprocess.Popen([*self._command, "--seconds", str(seconds)], stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE, text=True)

    def finish(self):
        try:
            out, error = self._process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failure(f"no answer within {PATIENCE} s") from None
        if self._process.returncode != 0:
            raise Failure(reason(error, self._process.returncode))
        return json.loads(out)

    def close(self):
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


class Peer:
    def __init__(self, python, engine, files, precision, threads, cpus):
        self.name = engine
        # TensorFlow's converter knows no other padding.
        padding = "same" if engine == "litert" or files.network.startswith("tf_") else "symmetric"
        command = [python, HERE / "worker.py", engine, files.paths[engine], files.expected, padding, files.resolution,
                   files.batch, threads, precision]
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self._process = subprocess.Popen(pinned(cpus, command), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=self._errors, text=True)
        self._answer()

    def _answer(self):
        timer = threading.Timer(PATIENCE, self._process.kill)
        timer.start()
        line = self._process.stdout.readline()
        timer.cancel()
        if not line:
            status = self._process.wait()
            self._errors.seek(0)
            raise Failure(reason(self._errors.read(), status))
        return line

    def begin(self, seconds):
        try:
            self._process.stdin.write(f"{seconds}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # finish() says why

    def finish(self):
        return json.loads(self._answer())

    def close(self):
        self._process.kill()
        self._process.wait()
        self._errors.close()
