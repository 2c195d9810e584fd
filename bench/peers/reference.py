#!/usr/bin/env python3
"""Writes what a network computes for the pictures of the workers, with either padding: every engine is held against it.

    reference.py DESCRIPTION.json OUT.npz BATCH
"""

import sys

import numpy
import onnxruntime

import network as networks
import onnx_file


def main():
    description, path, batch = sys.argv[1:]
    network, logits = networks.load(description), {}
    pictures = networks.pictures(int(batch), network.resolution)
    for padding in ("symmetric", "same"):
        model = onnx_file.make(network, len(pictures), padding == "same")
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        logits[padding] = session.run(None, {"in0": pictures})[0]
    numpy.savez(path, **logits)


if __name__ == "__main__":
    main()
