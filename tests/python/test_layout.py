"""The structures of _native.py are those of the headers: a C program prints what it sees."""

import os
import subprocess
from pathlib import Path

import effnet
from effnet import _native

SOURCE = Path(__file__).parents[2]
STRUCTURES = {
    "effnet_options": _native.Options,
    "effnet_info": _native.Info,
    "effnet_outputs": _native.Outputs,
    "effnet_program": _native.Program,
}


def printed_by_c(lines: list[str], folder: Path) -> list[str]:
    body = "\n".join(f"  printf({line});" for line in lines)
    code = f'#include <stdio.h>\n#include "effnet_program.h"\nint main(void) {{\n{body}\n  return 0;\n}}\n'
    (folder / "layout.c").write_text(code)
    command = [os.environ.get("CC", "cc"), "-I", str(SOURCE / "runtime" / "include"), "layout.c", "-o", "layout"]
    subprocess.run(command, cwd=folder, check=True)
    return subprocess.run([folder / "layout"], check=True, capture_output=True, text=True).stdout.split()


def test_fields_lie_where_the_headers_have_them(tmp_path: Path) -> None:
    lines, expected = [], []
    for name, structure in STRUCTURES.items():
        if structure is not _native.Program:  # of which only the beginning is known
            lines.append(f'"%zu\\n", sizeof({name})')
            expected.append(str(ctypes_size(structure)))
        for field, *_ in structure._fields_:
            lines.append(f'"%zu:%zu\\n", offsetof({name}, {field}), sizeof((({name}*)0)->{field})')
            descriptor = getattr(structure, field)
            expected.append(f"{descriptor.offset}:{descriptor.size}")
    assert printed_by_c(lines, tmp_path) == expected


def ctypes_size(structure: type) -> int:
    import ctypes

    return ctypes.sizeof(structure)


def test_constants_are_the_headers(tmp_path: Path) -> None:
    lines = [f'"%d\\n", EFFNET_{status.name}' for status in effnet.Status]
    expected = [str(status.value) for status in effnet.Status]
    lines += ['"%d\\n", EFFNET_PROGRAM_ABI', '"%s\\n", EFFNET_VERSION']
    expected += [str(_native.PROGRAM_ABI), effnet.__version__]
    assert printed_by_c(lines, tmp_path) == expected
    header = (SOURCE / "runtime" / "include" / "effnet.h").read_text()
    enumerators = header.split("typedef enum effnet_status {")[1].split("}")[0]
    assert enumerators.count("EFFNET_") == len(effnet.Status)
