"""effnet.h and the beginning of effnet_program.h for ctypes. tests/python compares the layouts with the headers."""

from __future__ import annotations

import ctypes
from ctypes import c_char_p, c_float, c_int, c_size_t, c_void_p, POINTER

PROGRAM_ABI = 2  # EFFNET_PROGRAM_ABI


class Options(ctypes.Structure):
    _fields_ = [
        ("threads", c_int),
        ("parallel_for", c_void_p),
        ("parallel_for_context", c_void_p),
        ("allocate", c_void_p),
        ("release", c_void_p),
        ("allocator_context", c_void_p),
        ("arena", c_void_p),
        ("arena_bytes", c_size_t),
        ("target", c_char_p),
        ("error", c_char_p),
        ("error_bytes", c_size_t),
        ("copy_weights", c_int),
        ("spread_images", c_int),
    ]


class Info(ctypes.Structure):
    _fields_ = [
        ("name", c_char_p),
        ("network", c_char_p),
        ("target", c_char_p),
        ("version", c_char_p),
        ("weights_format_version", c_int),
        ("threads", c_int),
        ("resolution", c_int),
        ("classes", c_int),
        ("features", c_int),
        ("map_height", c_int),
        ("map_width", c_int),
        ("labels", POINTER(c_char_p)),
        ("mean", c_float * 3),
        ("std", c_float * 3),
        ("crop", c_float),
        ("interpolation", c_int),
        ("arena_bytes", c_size_t),
        ("weights_bytes", c_size_t),
        ("steps", c_int),
        ("precision", c_char_p),
    ]


class Outputs(ctypes.Structure):
    _fields_ = [("logits", c_void_p), ("features", c_void_p), ("last_map", c_void_p)]


class Program(ctypes.Structure):
    """The first fields of effnet_program."""

    _fields_ = [("abi", c_int), ("name", c_char_p), ("network", c_char_p)]


MODEL = c_void_p
