"""The peers' Python environments: one for the engines, one for the converter that writes LiteRT's files. Both are built
from pinned versions once, and again only when those change."""

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = {"engines": HERE / "requirements.txt", "tflite": HERE / "requirements-tflite.txt"}


def say(text):
    print(f"peers: {text}", file=sys.stderr, flush=True)


def _pip(folder, *arguments):
    command = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--retries", "1", "install",
               "--quiet", "--no-deps"]
    return subprocess.run([*command, *arguments], stdout=sys.stderr).returncode == 0


def _packages(requirements):
    lines = requirements.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _wanted(name):
    """What an environment was built from: compared with the copy that it keeps."""
    return f"Python {sys.version_info[0]}.{sys.version_info[1]}\n{REQUIREMENTS[name].read_text(encoding='utf-8')}"


def prepare(name, root):
    """Returns the environment's Python. What cannot be installed is named and left out, and tried again next time."""
    folder, requirements = root / name, REQUIREMENTS[name]
    built_from = folder / "built_from.txt"
    if not built_from.exists() or built_from.read_text(encoding="utf-8") != _wanted(name):
        say(f"installing {requirements.name} into {folder} (once)")
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True, stdout=sys.stderr)
        if _pip(folder, "--requirement", requirements) or _one_by_one(folder, requirements):
            built_from.write_text(_wanted(name), encoding="utf-8")
    return folder / "bin" / "python"


def _one_by_one(folder, requirements):
    missing = [package for package in _packages(requirements) if not _pip(folder, package)]
    for package in missing:
        say(f"{package} cannot be installed; what needs it is left out")
    return not missing


def versions(root):
    """The engines' pinned versions, as installed."""
    names = ("onnxruntime", "openvino", "ai-edge-litert", "ncnn")
    program = ("import importlib.metadata as m\n"
               f"for n in {names!r}:\n"
               "  try: print(n, m.version(n))\n"
               "  except m.PackageNotFoundError: pass")
    result = subprocess.run([root / "engines" / "bin" / "python", "-c", program], check=True, stdout=subprocess.PIPE,
                            text=True)
    return result.stdout.splitlines()
