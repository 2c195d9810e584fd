#!/usr/bin/env python3
"""Turns an ONNX file into ncnn's two files, through ncnn's own converter pnnx; weights stay fp32.

    ncnn_file.py IN.onnx OUT.ncnn.param OUT.ncnn.bin
"""

import os
import pathlib
import subprocess
import sys
import sysconfig
import tempfile


def converter():
    # Its Python package would need torch; the program that lies in it does not.
    program = pathlib.Path(sysconfig.get_path("purelib")) / "pnnx" / "pnnx"
    program.chmod(0o755)
    return program


def main():
    source, param, weights = sys.argv[1:]
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(param))) as folder:
        # pnnx leaves a dozen files beside its input.
        os.symlink(os.path.abspath(source), f"{folder}/network.onnx")
        result = subprocess.run([converter(), "network.onnx", "fp16=0"], cwd=folder, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, errors="replace")
        if result.returncode != 0 or not os.path.exists(f"{folder}/network.ncnn.bin"):
            sys.exit(f"pnnx ended with status {result.returncode}: {result.stdout.strip()[-500:]}")
        os.replace(f"{folder}/network.ncnn.param", param)
        os.replace(f"{folder}/network.ncnn.bin", weights)


if __name__ == "__main__":
    main()
