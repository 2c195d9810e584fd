"""A compiled network, lib<name>.so: where it is looked for and what is called in it."""

from __future__ import annotations

import ctypes
import os
import shutil
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_void_p
from pathlib import Path
from typing import Any

from effnet._errors import Error
from effnet._native import MODEL, PROGRAM_ABI, Info, Options, Outputs, Program


def _folders(lib_dir: str | os.PathLike[str] | None) -> list[Path]:
    folders = [] if lib_dir is None else [Path(lib_dir)]
    program = shutil.which("effnet")
    if program is not None:
        folders.append(Path(program).resolve().parent)
    folders += [Path(name) for name in os.environ.get("EFFNET_LIB_PATH", "").split(":") if name]
    return folders


def find_library(model: str | os.PathLike[str], lib_dir: str | os.PathLike[str] | None = None) -> Path:
    """The absolute path of a compiled network.

    `model` is a path of a lib<name>.so, or a network's name whose library lies in `lib_dir`, beside the program
    effnet (if that is on the PATH) or in a folder of $EFFNET_LIB_PATH, in this order.
    """
    text = os.fspath(model)
    if os.sep in text or text.endswith(".so"):
        if not Path(text).is_file():
            raise Error(f"there is no library '{text}'")
        return Path(text).absolute()
    file, folders = f"lib{text}.so", _folders(lib_dir)
    for folder in folders:
        if (folder / file).is_file():
            return (folder / file).absolute()
    where = ", ".join(map(str, folders)) or "any folder: none is named by lib_dir or $EFFNET_LIB_PATH"
    raise Error(f"there is no {file} in {where}; make it with: effnetc compile {text} -o DIR --shared")


class Library:
    """One loaded library. All its functions release Python's lock while they run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not (path.name.startswith("lib") and path.name.endswith(".so") and len(path.name) > 6):
            raise Error(f"'{path}' is not named like a compiled network, lib<name>.so")
        self.name = path.name[3:-3]
        try:
            self._handle = ctypes.CDLL(str(path))
        except OSError as error:
            raise Error(f"cannot load the library: {error}") from None
        function = self._function
        program = function(f"{self.name}_program", POINTER(Program), [])().contents
        if program.abi != PROGRAM_ABI:
            raise Error(f"'{path}' was compiled by another version of effnetc; compile it again")
        self.network: str = program.network.decode()
        self.open = function(f"{self.name}_open", c_int, [c_char_p, POINTER(Options), POINTER(MODEL)])
        self.close = function("effnet_close", None, [MODEL])
        self.run_batch = function("effnet_run_batch", c_int, [MODEL, c_int, c_void_p, POINTER(Outputs)])
        self.prepare = function("effnet_prepare", c_int, [MODEL, c_void_p, c_int, c_int, c_size_t, c_void_p])
        self.set_head = function("effnet_set_head", c_int, [MODEL, c_char_p])
        self.get_info = function("effnet_get_info", POINTER(Info), [MODEL])
        self.error = function("effnet_error", c_char_p, [MODEL])
        self.status_text = function("effnet_status_text", c_char_p, [c_int])
        self.softmax = function("effnet_softmax", None, [c_void_p, c_int, c_void_p])

    def _function(self, name: str, result: Any, arguments: list[Any]) -> Any:
        try:
            function = getattr(self._handle, name)
        except AttributeError:
            raise Error(
                f"'{self.path}' is not a library made by effnetc compile --shared under this name: it has no {name}"
            ) from None
        function.restype, function.argtypes = result, arguments
        return function
