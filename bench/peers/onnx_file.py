#!/usr/bin/env python3
"""Writes a network as an ONNX file, without any framework.

    onnx_file.py DESCRIPTION.json OUT.onnx BATCH

Its parameters and multiply-adds have to be those of the description.
"""

import math
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

import network as networks


class OnnxGraph:
    def __init__(self):
        self._nodes, self._weights = [], []

    def _weight(self, array):
        self._weights.append(numpy_helper.from_array(numpy.asarray(array, order="C"), f"w{len(self._weights)}"))
        return self._weights[-1].name

    def _node(self, operation, *inputs, **attributes):
        name = f"t{len(self._nodes)}"
        self._nodes.append(helper.make_node(operation, list(inputs), [name], **attributes))
        return name

    def input(self):
        return "in0"

    def convolution(self, x, weight, bias, stride=1, border=(0, 0), depthwise=False):
        before, after = border
        return self._node("Conv", x, self._weight(weight), self._weight(bias), kernel_shape=weight.shape[2:],
                          strides=[stride] * 2, pads=[before, before, after, after],
                          group=weight.shape[0] if depthwise else 1)

    def swish(self, x):
        return self._node("Mul", x, self._node("Sigmoid", x))

    def relu6(self, x):
        return self._node("Clip", x, self._weight(numpy.float32(0)), self._weight(numpy.float32(6)))

    def sigmoid(self, x):
        return self._node("Sigmoid", x)

    def average(self, x):
        return self._node("GlobalAveragePool", x)

    def multiply(self, x, y):
        return self._node("Mul", x, y)

    def add(self, x, y):
        return self._node("Add", x, y)

    def dense(self, x, weight, bias):
        return self._node("Gemm", self._node("Flatten", x), self._weight(weight), self._weight(bias), transB=1)

    def output(self, x):
        self._nodes.append(helper.make_node("Identity", [x], ["out0"]))

    def model(self, network, batch):
        shape, classes = [batch, 3, network.resolution, network.resolution], network.layers[-1].output[2]
        graph = helper.make_graph(self._nodes, network.name,
                                  [helper.make_tensor_value_info("in0", TensorProto.FLOAT, shape)],
                                  [helper.make_tensor_value_info("out0", TensorProto.FLOAT, [batch, classes])],
                                  self._weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.checker.check_model(model)
        return model


def make(network, batch, same_padding):
    graph = OnnxGraph()
    networks.build(network, graph, same_padding)
    return graph.model(network, batch)


def multiply_adds(model):
    """Of one picture, from the shapes that ONNX infers."""
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
    network = networks.load(description)
    model = make(network, int(batch), network.same_padding)
    found = parameters(model, network), multiply_adds(model)
    if found != (network.parameters, network.multiply_adds):
        sys.exit(f"{network.parameters} parameters and {network.multiply_adds} multiply-adds expected, "
                 f"found {found[0]} and {found[1]}")
    onnx.save(model, path)


if __name__ == "__main__":
    main()
