"""Makes the files of a network that the engines read, and keeps them: <network>.json, .onnx, .npz, .tflite, ..."""

import dataclasses
import hashlib
import json
import pathlib
import subprocess
import tempfile

import environment

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass(frozen=True)
class Format:
    suffixes: tuple  # of the files that it makes
    script: str
    source: str  # suffix of the file that it reads
    environment: str
    with_batch: bool = True  # else the network for one picture serves batches, too
    arguments: tuple = ()  # of the script, behind the others
    only: str = ""  # precision that alone needs it


# In this order: some read what others wrote.
FORMATS = (
    Format((".onnx",), "onnx_file.py", ".json", "engines"),
    Format((".npz",), "reference.py", ".json", "engines"),
    Format((".tflite",), "tflite_file.py", ".json", "tflite"),
    Format((".ncnn.param", ".ncnn.bin"), "ncnn_file.py", ".onnx", "engines", with_batch=False),
    Format((".int8.onnx",), "onnx_int8_file.py", ".onnx", "engines", only="int8"),
    Format((".int8.tflite",), "tflite_file.py", ".json", "tflite", arguments=("int8",), only="int8"),
)
NEEDS = {"onnxruntime": ".onnx", "openvino": ".onnx", "litert": ".tflite", "ncnn": ".ncnn.param"}
# ncnn's quantiser is a program that its package does not bring.
INT8_NEEDS = {"onnxruntime": ".int8.onnx", "openvino": ".int8.onnx", "litert": ".int8.tflite"}


def needs(precision):
    """{engine: suffix of the file that it reads}"""
    return INT8_NEEDS if precision == "int8" else NEEDS


def _describe(effnetc, network, stem):
    command = [effnetc, "describe", network, "--json"]
    description = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    kept = {key: description[key] for key in ("network", "resolution", "parameters", "multiply_adds", "layers")}
    pathlib.Path(stem + ".json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return kept


def _key(file_format, stem, batch):
    """Whatever the files follow from."""
    digest = hashlib.sha256(f"batch {batch}".encode())
    for path in (stem + ".json", HERE / "network.py", HERE / "onnx_file.py", HERE / file_format.script,
                 environment.REQUIREMENTS[file_format.environment]):
        digest.update(pathlib.Path(path).read_bytes())
    return digest.hexdigest()


def _write(file_format, python, stem, batch):
    """The error's text; empty when the files are there."""
    with tempfile.TemporaryDirectory(dir=pathlib.Path(stem).parent) as folder:
        made = [f"{folder}/network{suffix}" for suffix in file_format.suffixes]
        command = [python, HERE / file_format.script, stem + file_format.source, *made]
        command += [str(batch)] if file_format.with_batch else []
        result = subprocess.run([*command, *file_format.arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True, errors="replace")
        if result.returncode != 0:
            return (result.stdout.strip().splitlines() or [f"{file_format.script} failed"])[-1]
        for suffix, path in zip(file_format.suffixes, made):
            pathlib.Path(path).replace(stem + suffix)
    return ""


@dataclasses.dataclass
class Files:
    network: str
    resolution: int
    batch: int
    expected: str  # .npz: the right results, with either padding; empty without ONNX Runtime
    paths: dict  # engine -> path of what it reads


def make(effnetc, network, batch, root, pythons, precision="fp32"):
    """Makes what is missing or out of date."""
    folder = root / "files"
    folder.mkdir(parents=True, exist_ok=True)
    stem = str(folder / (network if batch == 1 else f"{network}.batch{batch}"))
    description, there = _describe(effnetc, network, stem), set()
    for file_format in FORMATS:
        if (batch > 1 and not file_format.with_batch) or file_format.only not in ("", precision):
            continue
        name = pathlib.Path(stem).name + file_format.suffixes[0]
        key, made_from = _key(file_format, stem, batch), pathlib.Path(stem + file_format.suffixes[0] + ".made_from")
        if not made_from.exists() or made_from.read_text(encoding="utf-8") != key:
            environment.say(f"writing {name} (once)")
            error = _write(file_format, pythons[file_format.environment], stem, batch)
            if error:
                environment.say(f"{name} is left out: {error}")
                continue
            made_from.write_text(key, encoding="utf-8")
        there.update(file_format.suffixes)
    paths = {engine: stem + suffix for engine, suffix in needs(precision).items() if suffix in there}
    if batch > 1:  # an engine without batches runs the pictures one by one
        paths = make(effnetc, network, 1, root, pythons, precision).paths | paths
    return Files(network, description["resolution"], batch, stem + ".npz" if ".npz" in there else "", paths)
