#!/usr/bin/env python3
"""Writes an ONNX file's network in 8 bits, by ONNX Runtime's quantiser: maps of uint8, weights of int8 a channel, ranges from
the pictures of the workers. OpenVINO reads it, too.

    onnx_int8_file.py IN.onnx OUT.onnx BATCH
"""

import sys

import onnx
from onnxruntime import quantization

import network as networks


class Pictures(quantization.CalibrationDataReader):
    def __init__(self, batch, resolution):
        self._left = [{"in0": networks.pictures(batch, resolution)}]

    def get_next(self):
        return self._left.pop() if self._left else None


def main():
    source, path, batch = sys.argv[1:]
    resolution = onnx.load(source).graph.input[0].type.tensor_type.shape.dim[3].dim_value
    quantization.quantize_static(source, path, Pictures(int(batch), resolution),
                                 quant_format=quantization.QuantFormat.QDQ,
                                 activation_type=quantization.QuantType.QUInt8,
                                 weight_type=quantization.QuantType.QInt8, per_channel=True)


if __name__ == "__main__":
    main()
