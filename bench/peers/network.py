"""The networks that every engine gets: effnetc's own layers (`effnetc describe NETWORK --json`), random weights.

build() walks through the layers once and tells a graph of some format what to add. BatchNorm is folded, as every engine
would do itself.
"""

import dataclasses
import json
import math
import zlib

import numpy


@dataclasses.dataclass(frozen=True)
class Layer:
    block: str  # "blocks.3", or "" for the stem, the head and the classifier
    kind: str  # stem, expand, depthwise, squeeze_excite, project, head, classifier
    input: tuple  # height, width, channels
    output: tuple
    kernel: int
    stride: int
    parameters: int


@dataclasses.dataclass(frozen=True)
class Network:
    name: str
    resolution: int
    parameters: int
    multiply_adds: int
    layers: list
    same_padding: bool  # TensorFlow's; else symmetric

    @property
    def swish(self):
        return any(layer.kind == "squeeze_excite" for layer in self.layers)


def load(path):
    """Reads what effnetc describe printed."""
    with open(path, encoding="utf-8") as file:
        description = json.load(file)
    layers = []
    for layer in description["layers"]:
        block, _, kind = layer["name"].rpartition(".")
        layers.append(Layer(block, kind, tuple(layer["in"]), tuple(layer["out"]), layer["kernel"], layer["stride"],
                            layer["parameters"]))
    return Network(description["network"], description["resolution"], description["parameters"],
                   description["multiply_adds"], layers, description["network"].startswith("tf_"))


def border(layer, same):
    """Zeros before and after, along both axes alike (inputs are square)."""
    if not same:
        return layer.kernel // 2, layer.kernel // 2
    total = max((layer.output[0] - 1) * layer.stride + layer.kernel - layer.input[0], 0)
    return total // 2, total - total // 2  # the odd zero goes to the end


def pictures(batch, resolution):
    """What every engine is run on: [batch][channel][row][column]."""
    return numpy.random.default_rng(0).standard_normal((batch, 3, resolution, resolution), numpy.float32)


class Weights:
    """Random numbers, the same for every format; scaled by the number of inputs, so that activations neither grow nor
    vanish."""

    def __init__(self, network):
        self._random = numpy.random.default_rng(zlib.crc32(network.name.encode()))

    def convolution(self, inputs, outputs, kernel=1):
        """Weight [outputs][inputs][kernel][kernel] and bias [outputs]; `inputs` of one group."""
        deviation = math.sqrt(1.5 / (inputs * kernel * kernel))
        weight = self._random.standard_normal((outputs, inputs, kernel, kernel), numpy.float32)
        weight *= numpy.float32(deviation)
        bias = self._random.standard_normal(outputs, numpy.float32) * numpy.float32(0.1)
        return weight, bias


def build(network, graph, same_padding):
    weights = Weights(network)
    activate = graph.swish if network.swish else graph.relu6

    def convolve(x, layer):
        depthwise = layer.kind == "depthwise"
        inputs, outputs = 1 if depthwise else layer.input[2], layer.output[2]
        return graph.convolution(x, *weights.convolution(inputs, outputs, layer.kernel), layer.stride,
                                 border(layer, same_padding), depthwise)

    def squeeze_excite(x, layer):
        channels = layer.input[2]
        squeezed = (layer.parameters - channels) // (2 * channels + 1)  # c s + s + s c + c parameters
        gate = activate(graph.convolution(graph.average(x), *weights.convolution(channels, squeezed)))
        return graph.multiply(x, graph.sigmoid(graph.convolution(gate, *weights.convolution(squeezed, channels))))

    x, block, block_input = graph.input(), "", None
    for layer in network.layers:
        if layer.block and layer.block != block:
            block, block_input, block_shape = layer.block, x, layer.input
        if layer.kind == "classifier":
            weight, bias = weights.convolution(layer.input[2], layer.output[2])
            x = graph.dense(graph.average(x), weight[:, :, 0, 0], bias)
        elif layer.kind == "squeeze_excite":
            x = squeeze_excite(x, layer)
        elif layer.kind == "project":
            x = convolve(x, layer)
            if layer.output == block_shape:
                x = graph.add(x, block_input)
        else:
            x = activate(convolve(x, layer))
    graph.output(x)
