#!/usr/bin/env python3
"""Writes a network as a TFLite file: through TensorFlow's converter, with TensorFlow's padding.

    tflite_file.py DESCRIPTION.json OUT.tflite BATCH [int8]

int8: full integer, as the converter's documents have it, with the pictures of the workers to find the ranges.
"""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import tensorflow as tf  # noqa: E402

import network as networks  # noqa: E402


class TensorFlowGraph:
    """Operations are carried out where they are traced; feature maps are [batch][height][width][channels]."""

    def __init__(self, picture):
        self._picture = picture
        self.result = None

    def input(self):
        return self._picture

    def convolution(self, x, weight, bias, stride=1, border=(0, 0), depthwise=False):
        del border  # "SAME" says it
        if depthwise:
            y = tf.nn.depthwise_conv2d(x, weight.transpose(2, 3, 0, 1), [1, stride, stride, 1], "SAME")
        else:
            y = tf.nn.conv2d(x, weight.transpose(2, 3, 1, 0), stride, "SAME")
        return tf.nn.bias_add(y, bias)

    def swish(self, x):
        return x * tf.sigmoid(x)

    def relu6(self, x):
        return tf.nn.relu6(x)

    def sigmoid(self, x):
        return tf.sigmoid(x)

    def average(self, x):
        return tf.reduce_mean(x, [1, 2], keepdims=True)

    def multiply(self, x, y):
        return x * y

    def add(self, x, y):
        return x + y

    def dense(self, x, weight, bias):
        return tf.matmul(tf.reshape(x, [x.shape[0], x.shape[3]]), weight.transpose()) + bias

    def output(self, x):
        self.result = x


def convert(network, batch, int8):
    def run(picture):
        graph = TensorFlowGraph(picture)
        networks.build(network, graph, same_padding=True)
        return graph.result

    picture = tf.TensorSpec([batch, network.resolution, network.resolution, 3], tf.float32)
    function = tf.function(run, autograph=False).get_concrete_function(picture)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    if int8:
        pictures = networks.pictures(batch, network.resolution).transpose(0, 2, 3, 1)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: iter([[pictures]])
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    return converter.convert()


def main():
    description, path, batch, *kind = sys.argv[1:]
    pathlib.Path(path).write_bytes(convert(networks.load(description), int(batch), kind == ["int8"]))


if __name__ == "__main__":
    main()
