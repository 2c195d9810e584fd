#!/usr/bin/env python3
"""Writes what a network computes for the pictures of the workers, with either padding: every engine is held against it.

    reference.py DESCRIPTION.json OUT.npz BATCH

Also holds the ONNX model against effnetc's description: parameters and multiply-adds have to be the same.
"""

import math
import sys

import numpy
import onnx
import onnxruntime

import network as networks
import onnx_file


def multiply_adds(model):
    """Of the convolutions and the classifier, from the shapes that ONNX infers."""
    graph = onnx.shape_inference.infer_shapes(model).graph
    shapes = {value.name: [d.dim_value for d in value.type.tensor_type.shape.dim] for value in graph.value_info}
    weights = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    total = 0
    for node in graph.node:
        if node.op_type == "Conv":
            pixels = math.prod(shapes[node.output[0]][2:])
            total += pixels * math.prod(weights[node.input[1]])
        elif node.op_type == "Gemm":
            total += math.prod(weights[node.input[1]])
    return total


def parameters(model, network):
    """With BatchNorm's second number for each channel, which folding removed."""
    total = sum(math.prod(tensor.dims) for tensor in model.graph.initializer if tensor.dims)
    with_norm = ("stem", "expand", "depthwise", "project", "head")
    return total + sum(layer.output[2] for layer in network.layers if layer.kind in with_norm)


def main():
    description, path, batch = sys.argv[1:]
    network, logits = networks.load(description), {}
    pictures = networks.pictures(int(batch), network.resolution)
    for padding in ("symmetric", "same"):
        model = onnx_file.make(network, len(pictures), padding == "same")
        found = parameters(model, network), multiply_adds(model)
        if found != (network.parameters, network.multiply_adds):
            sys.exit(f"{network.name} has {network.parameters} parameters and {network.multiply_adds} multiply-adds, "
                     f"its ONNX file {found[0]} and {found[1]}")
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        logits[padding] = session.run(None, {"in0": pictures})[0]
    numpy.savez(path, **logits)


if __name__ == "__main__":
    main()
